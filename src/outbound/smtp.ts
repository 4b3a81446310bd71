import { BlockList, isIPv6, type Socket } from 'node:net'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { ConnectionError, type ConnectorDependencies, openCheckedSocket } from './checked-socket.ts'

export type SmtpPolicy = {
  readonly host: string
  readonly port: number
  /** `none` is for a server on this very machine and refused beyond it. */
  readonly tls: 'implicit' | 'starttls' | 'none'
  /** PEM; in place of the authorities the system trusts. */
  readonly ca: string | undefined
  readonly account: { readonly user: string; readonly password: string } | undefined
  /** What we call ourselves (EHLO). */
  readonly name: string
  /** The server may lie on a private address. */
  readonly allowPrivate: boolean
  readonly connectTimeoutMs: number
  readonly totalTimeoutMs: number
  readonly maxAnswerBytes: number
}

export type SmtpResult =
  | { readonly outcome: 'accepted' }
  /** The server answered no; `code` is its reply code (RFC 5321 §4.2). */
  | { readonly outcome: 'refused'; readonly at: 'sender' | 'recipient' | 'message'; readonly code: number }
  /** Surely not received. */
  | { readonly outcome: 'not-sent'; readonly reason: string }
  /** May have been received. */
  | { readonly outcome: 'no-answer'; readonly reason: 'timeout' | 'reset' }

/** Addresses and message are ASCII; the message has whole lines, its dots are stuffed here. */
export type Mail = { readonly from: string; readonly to: string; readonly message: string }

export type Smtp = {
  /** Submits once, over a connection of its own, within `totalTimeoutMs` of being connected. */
  send(mail: Mail): Promise<SmtpResult>
}

/** Message submission (RFC 6409) over a connection that passed the same checks of addresses as every other call. */
export const createSmtp = (policy: SmtpPolicy, dependencies: ConnectorDependencies = {}): Smtp => ({
  send: async (mail) => {
    try {
      const socket = await openCheckedSocket(
        {
          hostname: policy.host,
          port: policy.port,
          exempt: policy.allowPrivate,
          deadline: performance.now() + policy.connectTimeoutMs,
        },
        dependencies,
      )
      if (policy.tls === 'none' && !isLoopback(socket.remoteAddress ?? '')) {
        socket.destroy()
        return { outcome: 'not-sent', reason: 'plaintext-not-allowed' }
      }
      return await submit(policy, socket, mail)
    } catch (error) {
      if (error instanceof ConnectionError) return { outcome: 'not-sent', reason: error.failure.reason }
      throw error
    }
  },
})

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const isLoopback = (address: string): boolean => loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

const submit = (policy: SmtpPolicy, socket: Socket, { from, to, message }: Mail): Promise<SmtpResult> =>
  new Promise((resolve) => {
    const connection = new SMTPConnection(optionsOf(policy, socket))
    let isUnderWay = false
    const settle = (result: SmtpResult): void => {
      clearTimeout(timer)
      resolve(result)
      // At once: whether the server says goodbye changes nothing.
      connection.close()
    }
    const fail = (error: Failure): void => settle(isUnderWay ? afterStart(error) : beforeStart(error))
    const timer = setTimeout(() => {
      settle(isUnderWay ? { outcome: 'no-answer', reason: 'timeout' } : { outcome: 'not-sent', reason: 'timeout' })
    }, policy.totalTimeoutMs)
    const send = (): void => {
      isUnderWay = true
      connection.send({ from, to: [to] }, message, (error) => (error ? fail(error) : settle({ outcome: 'accepted' })))
    }
    connection.on('error', fail)
    connection.connect((error) => {
      if (error) return fail(error)
      if (policy.account === undefined) return send()
      const { user, password } = policy.account
      return connection.login({ user, pass: password }, (refused) => (refused ? fail(refused) : send()))
    })
  })

const optionsOf = (policy: SmtpPolicy, connection: Socket) => ({
  connection,
  host: policy.host,
  port: policy.port,
  name: policy.name,
  secure: policy.tls === 'implicit',
  requireTLS: policy.tls === 'starttls',
  ignoreTLS: policy.tls === 'none',
  // Set here so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot switch certificates off.
  tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ca: policy.ca } as const,
  connectionTimeout: policy.connectTimeoutMs,
  greetingTimeout: policy.connectTimeoutMs,
  socketTimeout: policy.totalTimeoutMs,
  socketCloseTimeout: 500,
  maxResponseSize: policy.maxAnswerBytes,
})

type Failure = {
  readonly code?: string | undefined
  readonly originalCode?: string | undefined
  readonly command?: string | undefined
  readonly responseCode?: number | undefined
}

/** No envelope was given yet: greeting, TLS and authentication. Never the server's own words, which may hold anything. */
const beforeStart = ({ code, originalCode = '', responseCode }: Failure): SmtpResult => {
  if (responseCode !== undefined) return { outcome: 'not-sent', reason: `smtp-${responseCode}` }
  const isTls = code === 'ETLS' || /CERT|TLS|SSL|SIGNATURE/.test(originalCode)
  return { outcome: 'not-sent', reason: isTls ? 'tls' : code === 'ETIMEDOUT' ? 'timeout' : 'session' }
}

const stages = { 'MAIL FROM': 'sender', 'RCPT TO': 'recipient', DATA: 'message' } as const

const afterStart = ({ code, command = '', responseCode }: Failure): SmtpResult => {
  if (responseCode === undefined) return { outcome: 'no-answer', reason: code === 'ETIMEDOUT' ? 'timeout' : 'reset' }
  const at = Object.entries(stages).find(([name]) => name === command)?.[1] ?? 'message'
  return { outcome: 'refused', at, code: responseCode }
}
