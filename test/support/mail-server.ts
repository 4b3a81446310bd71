import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { SmtpPolicy } from '../../src/outbound/smtp.ts'
import { selfSigned } from '../outbound/self-signed.ts'

/** The name on the server's certificate; a resolver of the test's places it on the loopback address. */
export const MAIL_HOST = 'mail.example.fi'
const certificate = selfSigned(MAIL_HOST)
const ACCOUNT = { user: 'gateway', password: 'correct horse' }

export type Arrived = {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly secure: boolean
  readonly saidName: string
  readonly user: string | undefined
}

/** `pass`: taken; a number: that reply; the others say nothing, or hang up. */
export type MailAnswer = 'pass' | 'silent' | 'hang-up' | number

export type MailServer = {
  readonly port: number
  /** Messages whose last byte came, taken or not. */
  readonly arrived: Arrived[]
  connections(): number
  /** How it answers at each step. */
  readonly answers: { recipient: MailAnswer; message: MailAnswer }
  readonly policy: SmtpPolicy
  close(): Promise<void>
}

/** A real SMTP server on the loopback address. */
export const startMailServer = async (options: SMTPServerOptions = {}): Promise<MailServer> => {
  const arrived: Arrived[] = []
  const answers: MailServer['answers'] = { recipient: 'pass', message: 'pass' }
  let connections = 0
  const server = new SMTPServer({
    ...certificate,
    authOptional: true,
    logger: false,
    closeTimeout: 10,
    onConnect: (_session, callback) => {
      connections += 1
      callback()
    },
    onAuth: ({ username, password }, _session, callback) =>
      username === ACCOUNT.user && password === ACCOUNT.password
        ? callback(null, { user: username })
        : callback(reply(535)),
    onRcptTo: (_address, session, callback) =>
      answerWith(answers.recipient, callback, () => hangUp(server, session.id)),
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        arrived.push({
          from: mailFrom === false ? '' : (mailFrom?.address ?? ''),
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('latin1'),
          secure: session.secure,
          saidName: session.hostNameAppearsAs,
          user: typeof session.user === 'string' ? session.user : undefined,
        })
        answerWith(answers.message, callback, () => hangUp(server, session.id))
      })
    },
    ...options,
  })
  // A client that does not trust the certificate ends the handshake with an error here.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server that is listening
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    arrived,
    connections: () => connections,
    answers,
    policy: {
      host: MAIL_HOST,
      port,
      tls: options.secure === true ? 'implicit' : 'starttls',
      ca: certificate.cert,
      account: ACCOUNT,
      name: 'gateway.example.fi',
      allowPrivate: true,
      connectTimeoutMs: 1_000,
      totalTimeoutMs: 1_000,
      maxAnswerBytes: 64_000,
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Everything lies on the loopback address. */
export const onLoopback = { lookup: async () => [{ address: '127.0.0.1', family: 4 }] }

const reply = (code: number): Error => Object.assign(new Error('no'), { responseCode: code })

const answerWith = (answer: MailAnswer, callback: (error?: Error | null) => void, hangUpNow: () => void): void => {
  if (answer === 'hang-up') hangUpNow()
  else if (answer !== 'silent') callback(answer === 'pass' ? null : reply(answer))
}

const hangUp = (server: SMTPServer, id: string): void => {
  for (const connection of server.connections) if (connection.id === id) connection._socket.destroy()
}
