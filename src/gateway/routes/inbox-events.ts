import type { Context } from 'hono'
import type { Exchange } from '../../exchange/exchange.ts'
import { followInbox } from '../../exchange/follow-inbox.ts'
import { type InboxItem, type InboxQuery, readInbox } from '../../exchange/read-inbox.ts'
import { forbidden, notFound, refuse } from '../respond.ts'
import { requireScope } from '../scopes.ts'
import { badQuery, inboxQuery, languageOf, notAMember } from './api.ts'
import type { Env } from './fhir.ts'

/** Streams of one party at once, in one process; each costs a look at its inbox every two seconds. */
const MOST_STREAMS = 100

export type InboxEventsDeps = {
  readonly exchange: Exchange
  /** The gateway stops: streams end, and readers come back elsewhere. */
  readonly closing: AbortSignal
  report(error: unknown, requestId: string): void
}

/**
 * `GET /api/inbox/events`: the inbox as server-sent events (WHATWG HTML §9.2), one `item` an event, whose id is its
 * number. `Last-Event-ID` says from where to go on. Ends with the access token, so nobody reads on whose access is gone.
 */
export const inboxEvents = ({ exchange, closing, report }: InboxEventsDeps) => {
  const streams = new Map<string, number>()
  return async (c: Context<Env>): Promise<Response> => {
    const { party, expiresAt } = c.var.caller
    if (!requireScope(c.var.caller, 'Communication', 'r')) return forbidden(c, 'system/Communication.r')
    const last = c.req.header('last-event-id')
    const asked = inboxQuery.safeParse({ ...c.req.query(), ...(last !== undefined && { after: last }) })
    if (!asked.success) return badQuery(c, asked.error)
    const query: InboxQuery = { ...asked.data, reader: asked.data.reader, language: languageOf(c) }
    // Whoever may not read is told so before the stream begins. Nothing is shown by it: the page is empty.
    const allowed = await readInbox(exchange, party, { ...query, after: Number.MAX_SAFE_INTEGER, limit: 0 })
    if (allowed === 'not-a-member') return notAMember(c)
    if (allowed === undefined) return notFound(c)
    const open = streams.get(party.id) ?? 0
    if (open >= MOST_STREAMS) {
      const diagnostics = 'your system follows its inbox too many times at once: close streams it no longer reads'
      return refuse(c, 429, { code: 'throttled', diagnostics, error: 'sender-too-many-streams' })
    }
    streams.set(party.id, open + 1)
    const gone = new AbortController()
    const left = Math.max(0, expiresAt - exchange.now())
    const signal = AbortSignal.any([closing, gone.signal, AbortSignal.timeout(left)])
    const pages = followInbox(exchange, party, query, { signal })
    const over = (): void => {
      if (gone.signal.aborted) return
      gone.abort()
      streams.set(party.id, Math.max(0, (streams.get(party.id) ?? 0) - 1))
    }
    return new Response(bodyOf(pages, { gone: gone.signal, over, report: (error) => report(error, c.var.requestId) }), {
      headers,
    })
  }
}

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that wait for a whole answer would wait for the end of the stream.
  'x-accel-buffering': 'no',
}

/** Pulls one page at a time: a reader that does not read holds up nobody and fills no memory. */
const bodyOf = (
  pages: ReturnType<typeof followInbox>,
  end: { readonly gone: AbortSignal; over(): void; report(error: unknown): void },
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  const next = async () => {
    try {
      return await pages.next()
    } catch (error) {
      // What the reader gets is an end without a word; she comes back with the last number.
      end.report(error)
      return { done: true, value: undefined } as const
    }
  }
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(': following\n\n')),
      pull: async (controller) => {
        const { done, value } = await next()
        if (end.gone.aborted) return
        if (done !== true) return controller.enqueue(encoder.encode(textOf(value?.items)))
        end.over()
        controller.close()
      },
      cancel: () => end.over(),
    },
    { highWaterMark: 0 },
  )
}

const textOf = (items: readonly InboxItem[] | undefined): string =>
  items === undefined
    ? ': nothing new\n\n'
    : items.map((item) => `event: item\nid: ${item.number}\ndata: ${JSON.stringify(item)}\n\n`).join('')
