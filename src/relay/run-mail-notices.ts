import { type Mailer, sendMailNotices } from './mail-notices.ts'

/** Whatever hints come, a look at the inboxes is not worth more than this. */
const AT_MOST_EVERY_MS = 1_000

/** Keeps looking whether an inbox holds something new: at a hint of the store, and on a poll because a hint is only a hint. */
export const runMailNotices = (mailer: Mailer, pollMs = 10_000): { stop(): Promise<void> } => {
  let stopping = false
  let hinted = false
  let wake = (): void => {}
  const hint = (): void => {
    hinted = true
    wake()
  }
  const unsubscribe = mailer.store.onHint(hint, 'inboxes')
  const sleep = async (ms: number, isOver: () => boolean): Promise<void> => {
    if (isOver()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    wake = () => (isOver() ? resolve() : undefined)
    await promise
    clearTimeout(timer)
  }
  const loop = async (): Promise<void> => {
    for (;;) {
      if (stopping) return
      hinted = false
      await sendMailNotices(mailer).catch((error: unknown) => mailer.report('notices could not be looked after', error))
      await sleep(AT_MOST_EVERY_MS, () => stopping)
      await sleep(pollMs, () => stopping || hinted)
    }
  }
  const looping = loop()
  return {
    stop: async () => {
      stopping = true
      unsubscribe()
      wake()
      await looping
    },
  }
}
