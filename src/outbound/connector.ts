import { isIPv6, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { type ConnectorDependencies, openCheckedSocket, step } from './checked-socket.ts'

type ConnectorPolicy = {
  readonly allowPrivate: readonly string[]
  readonly connectTimeoutMs: number
}

/** Opens the sockets of the outbound client. `connectTimeoutMs` covers name, TCP and TLS together. */
export const createConnector = (
  policy: ConnectorPolicy,
  dependencies: ConnectorDependencies = {},
): buildConnector.connector => {
  // Set here so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot switch certificates off.
  const secure = buildConnector({ timeout: policy.connectTimeoutMs, allowH2: false, rejectUnauthorized: true })

  const open = async (target: buildConnector.Options): Promise<Socket> => {
    const deadline = performance.now() + policy.connectTimeoutMs
    const { hostname } = target
    const port = target.port === '' ? (target.protocol === 'https:' ? 443 : 80) : Number(target.port)
    const exempt = policy.allowPrivate.includes(`${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`)
    const tcp = await openCheckedSocket({ hostname, port, exempt, deadline }, dependencies)
    try {
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

const secured = (secure: buildConnector.connector, target: buildConnector.Options): Promise<Socket> =>
  new Promise((resolve, reject) => {
    // undici takes the name for SNI and certificate from the URL, as `send` lets no `host` header through.
    secure(target, (error, socket) => (error ? reject(error) : resolve(socket)))
  })
