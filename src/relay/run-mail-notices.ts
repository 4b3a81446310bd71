import { createBell } from './bell.ts'
import { type Mailer, sendMailNotices } from './mail-notices.ts'

/** Whatever hints come, a look at the inboxes is not worth more than this. */
const AT_MOST_EVERY_MS = 1_000

/** Keeps looking whether an inbox holds something new: at a hint of the store, and on a poll because a hint is only a hint. */
export const runMailNotices = (mailer: Mailer, pollMs = 10_000): { stop(): Promise<void> } => {
  const news = createBell()
  const end = createBell()
  const unsubscribe = mailer.store.onHint(news.ring, 'inboxes')
  const loop = async (): Promise<void> => {
    while (!end.hasRung()) {
      news.hush()
      await sendMailNotices(mailer).catch((error: unknown) => mailer.report('notices could not be looked after', error))
      await end.wait(AT_MOST_EVERY_MS)
      if (!end.hasRung()) await news.wait(pollMs)
    }
  }
  const looping = loop()
  return {
    stop: async () => {
      unsubscribe()
      end.ring()
      news.ring()
      await looping
    },
  }
}
