import { Agent, errors, type Dispatcher } from 'undici'
import { ConnectionError, type ConnectorDependencies } from './checked-socket.ts'
import { createConnector } from './connector.ts'
import { judgeDestination } from './destination.ts'

export type OutboundPolicy = {
  readonly allowHttp: boolean
  /** `host:port`, exact, that may lie on a private address; for development and the demonstration only. */
  readonly allowPrivate: readonly string[]
  readonly connectTimeoutMs: number
  readonly totalTimeoutMs: number
  readonly maxResponseBytes: number
  /** Per origin, so that one slow receiver holds up its own messages only. */
  readonly maxConnections: number
}

export type OutboundRequest = {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Shortens `totalTimeoutMs`, never lengthens it. */
  readonly timeoutMs?: number
  /** Asked as the last thing before the first byte leaves, on a connection that is there; nothing is sent when it says no. */
  readonly isInTime?: (() => boolean) | undefined
  /** `host` (default port of the scheme) or `host:port` the party has registered. */
  readonly allowedHosts: readonly string[]
}

type AnswerHeader = 'retry-after' | 'content-type' | 'cache-control' | 'etag'

export type OutboundResult =
  /** A status line came. `truncated`: the body was cut by size, by time or by the other side. */
  | {
      readonly outcome: 'answered'
      readonly status: number
      readonly headers: Readonly<Partial<Record<AnswerHeader, string>>>
      readonly body: Uint8Array
      readonly truncated: boolean
    }
  /** Nothing was sent, and nothing would be if tried again. */
  | {
      readonly outcome: 'refused'
      readonly reason: 'not-https' | 'address-not-allowed' | 'host-not-allowed' | 'credentials-in-url' | 'bad-url'
    }
  /** No connection was had, or it came too late (`isInTime`), so surely not received. */
  | { readonly outcome: 'not-sent'; readonly reason: 'dns' | 'connect' | 'tls' | 'too-late' }
  /** May have been received. `reset` also stands for an answer that is not HTTP, `response-too-large` for its headers. */
  | { readonly outcome: 'no-answer'; readonly reason: 'timeout' | 'reset' | 'response-too-large' }

export type Outbound = {
  /**
   * Sends once: no retry, no redirect (3xx is answered as it came), no proxy. Rejects only for a fault of the caller:
   * headers that cannot be sent, or that name `host`.
   */
  readonly send: (request: OutboundRequest) => Promise<OutboundResult>
  /** Waits for what is under way, at most `totalTimeoutMs`; a later send is `not-sent`. */
  readonly close: () => Promise<void>
}

/**
 * The one door out: webhooks, key sets and FHIR servers are reached through here only (OWASP API7:2023, SSRF).
 *
 * @example
 * const result = await outbound.send({ url, method: 'POST', headers, body, allowedHosts: ['hooks.example.fi'] })
 * if (result.outcome === 'answered' && result.status < 300) settle()
 */
export const createOutbound = (policy: OutboundPolicy, dependencies: ConnectorDependencies = {}): Outbound => {
  const agent = new Agent({
    connect: createConnector(policy, dependencies),
    connections: policy.maxConnections,
    pipelining: 1,
    headersTimeout: 0, // the total timeout covers both
    bodyTimeout: 0,
  })
  const underWay = new Set<Promise<OutboundResult>>()

  return Object.freeze({
    send: async (request: OutboundRequest): Promise<OutboundResult> => {
      if (Object.keys(request.headers).some((name) => name.toLowerCase() === 'host')) {
        throw new TypeError('outbound headers must not name `host`')
      }
      const destination = judgeDestination(request.url, policy.allowHttp, request.allowedHosts)
      if (destination.outcome === 'refused') return destination
      const sending = exchange(agent, destination.url, request, policy)
      underWay.add(sending)
      try {
        return await sending
      } finally {
        underWay.delete(sending)
      }
    },
    close: async (): Promise<void> => {
      await Promise.allSettled(underWay)
      await agent.destroy()
    },
  })
}

const exchange = (agent: Agent, url: URL, request: OutboundRequest, policy: OutboundPolicy): Promise<OutboundResult> =>
  new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let head: Pick<OutboundResult & { outcome: 'answered' }, 'status' | 'headers'> | undefined
    let over = false
    const chunks: Uint8Array[] = []
    let room = policy.maxResponseBytes

    // Settles before the socket is torn down, for aborting calls `onResponseError` at once.
    const settle = (result: OutboundResult): void => {
      over = true
      clearTimeout(timer)
      resolve(result)
    }
    // Once the status is known the other side has taken its decision: no cut may turn a success into a failure.
    const cut = (reason: 'timeout' | 'reset' | 'response-too-large'): OutboundResult => {
      if (head !== undefined) return { outcome: 'answered', ...head, body: Buffer.concat(chunks), truncated: true }
      // undici starts a request only on a connection it holds; before that nothing can have been received.
      return controller === undefined ? { outcome: 'not-sent', reason: 'connect' } : { outcome: 'no-answer', reason }
    }
    const timer = setTimeout(
      () => {
        settle(cut('timeout'))
        controller?.abort(new Error('cut by the total timeout'))
      },
      Math.min(request.timeoutMs ?? policy.totalTimeoutMs, policy.totalTimeoutMs),
    )

    const { method, headers, body = null } = request
    agent.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method, headers, body },
      {
        onRequestStart: (started) => {
          controller = started
          // A process may have been asleep since it asked for the connection; its timers come after this.
          if (request.isInTime?.() === false) settle({ outcome: 'not-sent', reason: 'too-late' })
          // Timed out while waiting for a connection, and said to be not sent: aborting here comes before the write.
          if (over) started.abort(new Error('cut before it was sent'))
        },
        onResponseStart: (_controller, status, received) => {
          if (status >= 200) head = { status, headers: wantedHeaders(received) }
        },
        onResponseData: (stream, chunk) => {
          if (over) return
          chunks.push(chunk.subarray(0, room))
          room -= chunk.length
          if (room >= 0) return
          settle(cut('response-too-large'))
          stream.abort(new Error('cut at the size limit'))
        },
        onResponseEnd: () => {
          if (head !== undefined)
            settle({ outcome: 'answered', ...head, body: Buffer.concat(chunks), truncated: false })
        },
        onResponseError: (_controller, error) => {
          if (over) return
          if (error instanceof ConnectionError) return settle(error.failure)
          if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) {
            clearTimeout(timer)
            return reject(error)
          }
          settle(cut(error instanceof errors.HeadersOverflowError ? 'response-too-large' : 'reset'))
        },
      },
    )
  })

const wantedHeaders = (received: Readonly<Record<string, string | string[] | undefined>>) => {
  const wanted: Partial<Record<AnswerHeader, string>> = {}
  for (const name of ['retry-after', 'content-type', 'cache-control', 'etag'] as const) {
    const value = received[name]
    if (value !== undefined) wanted[name] = String(value)
  }
  return wanted
}
