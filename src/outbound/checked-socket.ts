import { lookup as systemLookup } from 'node:dns/promises'
import { connect as netConnect, isIP, type Socket } from 'node:net'
import { isPublicAddress } from './addresses.ts'

type ResolvedAddress = { readonly address: string; readonly family: number }

/** Seams for tests: how a name becomes addresses, and how a TCP connection to one of them is begun. */
export type ConnectorDependencies = {
  readonly lookup?: (hostname: string) => Promise<readonly ResolvedAddress[]>
  readonly connect?: (addresses: readonly ResolvedAddress[], port: number) => Socket
}

/** Why no connection came to be; certainly nothing was sent. */
export type ConnectionFailure =
  | { readonly outcome: 'refused'; readonly reason: 'address-not-allowed' }
  | { readonly outcome: 'not-sent'; readonly reason: 'dns' | 'connect' | 'tls' }

/** Carries a {@link ConnectionFailure} through libraries that know errors only. */
export class ConnectionError extends Error {
  readonly failure: ConnectionFailure

  constructor(failure: ConnectionFailure, options?: ErrorOptions) {
    super(`no connection: ${failure.reason}`, options)
    this.name = 'ConnectionError'
    this.failure = failure
  }
}

type Place = {
  readonly hostname: string
  readonly port: number
  /** May lie on a private address, by the operator's word. */
  readonly exempt: boolean
  /** Of `performance.now()`, ms. */
  readonly deadline: number
}

/**
 * Opens a TCP connection to an address that may be called.
 *
 * INVARIANT (checked address): a name is resolved once, and the connection goes to the very literals that were checked.
 * A literal takes the same path, for Node asks no `lookup` hook about literals.
 *
 * @throws {ConnectionError}
 */
export const openCheckedSocket = async (
  { hostname, port, exempt, deadline }: Place,
  dependencies: ConnectorDependencies = {},
): Promise<Socket> => {
  const lookup = dependencies.lookup ?? ((name) => systemLookup(name, { all: true, order: 'verbatim' }))
  const connect = dependencies.connect ?? connectTcp
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
    // Looked at again, before the first byte of TLS or anything else, should the lines above ever be got round.
    if (!isAllowed(tcp.remoteAddress)) throw notAllowed()
    return tcp
  } catch (error) {
    tcp.destroy()
    throw error
  }
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

/** Fails with `reason` when `work` does, or when the deadline (of `performance.now()`, ms) comes first. */
export const step = async <T>(reason: 'dns' | 'connect' | 'tls', deadline: number, work: Promise<T>): Promise<T> => {
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
