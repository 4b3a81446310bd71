import { lookup as systemLookup } from 'node:dns/promises'
import { connect as netConnect, isIP, isIPv6, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { isPublicAddress } from './addresses.ts'

type ResolvedAddress = { readonly address: string; readonly family: number }

type ConnectorPolicy = {
  readonly allowPrivate: readonly string[]
  readonly connectTimeoutMs: number
}

/** Seams for tests: how a name becomes addresses, and how a TCP connection to one of them is begun. */
export type ConnectorDependencies = {
  readonly lookup?: (hostname: string) => Promise<readonly ResolvedAddress[]>
  readonly connect?: (addresses: readonly ResolvedAddress[], port: number) => Socket
}

/** Why no connection came to be; certainly no request byte was sent. */
type ConnectionFailure =
  | { readonly outcome: 'refused'; readonly reason: 'address-not-allowed' }
  | { readonly outcome: 'not-sent'; readonly reason: 'dns' | 'connect' | 'tls' }

/** Carries a {@link ConnectionFailure} through undici, which knows errors only. */
export class ConnectionError extends Error {
  readonly failure: ConnectionFailure

  constructor(failure: ConnectionFailure, options?: ErrorOptions) {
    super(`no connection: ${failure.reason}`, options)
    this.name = 'ConnectionError'
    this.failure = failure
  }
}

/**
 * Opens the sockets of the outbound client. `connectTimeoutMs` covers name, TCP and TLS together.
 *
 * INVARIANT (checked address): a name is resolved once, and the connection goes to the very literals that were checked.
 * A literal in the URL takes the same path, for Node asks no `lookup` hook about literals.
 */
export const createConnector = (
  policy: ConnectorPolicy,
  dependencies: ConnectorDependencies = {},
): buildConnector.connector => {
  const lookup = dependencies.lookup ?? ((hostname) => systemLookup(hostname, { all: true, order: 'verbatim' }))
  const connect = dependencies.connect ?? connectTcp
  // Set here so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot switch certificates off.
  const secure = buildConnector({ timeout: policy.connectTimeoutMs, allowH2: false, rejectUnauthorized: true })

  const open = async (target: buildConnector.Options): Promise<Socket> => {
    const deadline = performance.now() + policy.connectTimeoutMs
    const { hostname } = target
    const port = target.port === '' ? (target.protocol === 'https:' ? 443 : 80) : Number(target.port)
    const exempt = policy.allowPrivate.includes(`${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`)
    const isAllowed = (address: string): boolean => exempt || isPublicAddress(address)

    const family = isIP(hostname)
    const addresses = family === 0 ? await step('dns', deadline, lookup(hostname)) : [{ address: hostname, family }]
    if (addresses.length === 0) throw new ConnectionError({ outcome: 'not-sent', reason: 'dns' })
    // One bad address refuses the name: an honest one does not mix public and private.
    if (!addresses.every(({ address }) => isAllowed(address))) throw notAllowed()

    const tcp = connect(addresses, port)
    try {
      await step('connect', deadline, connected(tcp))
      if (tcp.remoteAddress === undefined) throw new ConnectionError({ outcome: 'not-sent', reason: 'connect' })
      // Looked at again, before the first byte of TLS or HTTP, should the lines above ever be got round.
      if (!isAllowed(tcp.remoteAddress)) throw notAllowed()
      tcp.setNoDelay(true).setKeepAlive(true, 60_000)
      if (target.protocol !== 'https:') return tcp
      return await step('tls', deadline, secured(secure, { ...target, port: String(port), httpSocket: tcp }))
    } catch (error) {
      tcp.destroy()
      throw error
    }
  }

  const answer = async (target: buildConnector.Options, callback: buildConnector.Callback): Promise<void> => {
    let socket: Socket
    try {
      socket = await open(target)
    } catch (error) {
      callback(error instanceof Error ? error : new Error('connector failed', { cause: error }), null)
      return
    }
    callback(null, socket)
  }
  return (target, callback) => void answer(target, callback)
}

const notAllowed = (): ConnectionError => new ConnectionError({ outcome: 'refused', reason: 'address-not-allowed' })

const connectTcp = (addresses: readonly ResolvedAddress[], port: number): Socket =>
  netConnect({
    host: 'checked', // never resolved: `lookup` answers with the checked literals, Node tries them in turn (RFC 8305)
    port,
    autoSelectFamily: true,
    lookup: (_hostname, _options, callback) => callback(null, [...addresses]),
  })

const connected = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    // Stays on: an error with no listener would end the process.
    socket.on('error', reject)
  })

const secured = (secure: buildConnector.connector, target: buildConnector.Options): Promise<Socket> =>
  new Promise((resolve, reject) => {
    // undici takes the name for SNI and certificate from the URL, as `send` lets no `host` header through.
    secure(target, (error, socket) => (error ? reject(error) : resolve(socket)))
  })

/** Fails with `reason` when `work` does, or when the deadline (of `performance.now()`, ms) comes first. */
const step = async <T>(reason: 'dns' | 'connect' | 'tls', deadline: number, work: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(late.reject, Math.max(1, deadline - performance.now()))
  try {
    return await Promise.race([work, late.promise])
  } catch (cause) {
    throw new ConnectionError({ outcome: 'not-sent', reason }, { cause })
  } finally {
    clearTimeout(timer)
  }
}
