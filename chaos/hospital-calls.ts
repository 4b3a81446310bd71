import { setTimeout as sleep } from 'node:timers/promises'
import type { Entry } from './journal.ts'
import { type Scene, tokenFor } from './scene.ts'

export type Ask = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: any
  readonly headers?: Readonly<Record<string, string>>
}

export type Reply = { readonly status: number; readonly etag: string; readonly body: any }

export type HospitalCalls = {
  /**
   * Asks until it gets one of the statuses it can go on with, as an integration engine does. Creates are conditional, so
   * asking again makes nothing twice.
   *
   * @returns undefined when told to stop, or after an answer that asking again will not mend, which is written down.
   */
  insist(ask: Ask, good: readonly number[], stop?: AbortSignal): Promise<Reply | undefined>
}

const RETRY_MS = 100

export const hospitalCalls = (scene: Scene, port: number, write: (entry: Entry) => void): HospitalCalls => ({
  insist: async (ask, good, stop) => {
    const isOver = (): boolean => stop?.aborted === true
    while (!isOver()) {
      const reply = await call(scene, port, ask)
      if (reply !== undefined && good.includes(reply.status)) return reply
      if (reply !== undefined && reply.status < 500) {
        const what = `${ask.method} ${ask.path.split('/').slice(0, 3).join('/')}`
        write({ kind: 'unexpected', what, status: reply.status })
        return undefined
      }
      await sleep(RETRY_MS)
    }
    return undefined
  },
})

/** @returns undefined when no answer came. */
const call = async (scene: Scene, port: number, { method, path, body, headers }: Ask): Promise<Reply | undefined> => {
  try {
    const [identifier] = body?.identifier ?? []
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await tokenFor(scene, 'hospital')}`,
        'content-type': 'application/fhir+json',
        ...(method === 'POST' &&
          identifier && { 'if-none-exist': `identifier=${identifier.system}|${identifier.value}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      body: text === '' ? undefined : JSON.parse(text),
    }
  } catch {
    return undefined
  }
}
