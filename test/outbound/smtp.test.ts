import { connect } from 'node:net'
import { hostname } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { createSmtp, type SmtpPolicy, type SmtpResult } from '../../src/outbound/smtp.ts'
import { type MailAnswer, MAIL_HOST, type MailServer, onLoopback, startMailServer } from '../support/mail-server.ts'
import { eventually, type Loopback, tcpLoopback } from './loopback.ts'
import { selfSigned } from './self-signed.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  for (const one of opened.splice(0)) await one.close()
})
const keep = <Opened extends { close(): Promise<void> }>(one: Opened): Opened => {
  opened.push(one)
  return one
}
const start = async (options = {}): Promise<MailServer> => keep(await startMailServer(options))
const mail = { from: 'gateway@example.fi', to: 'coach@example.fi', message: 'Subject: x\r\n\r\n.one\r\n..two\r\n' }
const send = (policy: SmtpPolicy, dependencies = onLoopback): Promise<SmtpResult> =>
  createSmtp(policy, dependencies).send(mail)

describe('a mail that is taken', () => {
  it.each([
    ['after STARTTLS', {}],
    ['over TLS from the first byte', { secure: true }],
  ])('%s arrives byte for byte, with the account and under the configured name', async (_how, options) => {
    const server = await start(options)
    expect(await send(server.policy)).toEqual({ outcome: 'accepted' })
    expect(server.arrived).toEqual([
      {
        from: mail.from,
        to: [mail.to],
        raw: mail.message,
        secure: true,
        saidName: 'gateway.example.fi',
        user: 'gateway',
      },
    ])
    expect(JSON.stringify(server.arrived)).not.toContain(hostname())
  })

  it('needs no account where the server asks for none', async () => {
    const server = await start()
    expect(await send({ ...server.policy, account: undefined })).toEqual({ outcome: 'accepted' })
    expect(server.arrived[0]?.user).toBeUndefined()
  })

  it('goes without TLS to this very machine only, and only when that was asked for', async () => {
    const server = await start({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
    expect(await send({ ...server.policy, account: undefined, tls: 'none' })).toEqual({ outcome: 'accepted' })
    expect(server.arrived[0]?.secure).toBe(false)
    const elsewhere = () => {
      const socket = connect({ host: '127.0.0.1', port: server.port })
      return Object.defineProperty(socket, 'remoteAddress', { get: () => '10.1.2.3' })
    }
    expect(await send({ ...server.policy, tls: 'none' }, { ...onLoopback, connect: elsewhere } as never)).toEqual({
      outcome: 'not-sent',
      reason: 'plaintext-not-allowed',
    })
    expect(server.arrived.length).toBe(1)
  })
})

describe('a server that cannot be trusted gets neither password nor mail', () => {
  const other = selfSigned(MAIL_HOST)
  it.each<[string, object, Partial<SmtpPolicy>, string]>([
    ['nobody vouches for it', {}, { ca: undefined }, 'tls'],
    ['another authority vouches for it', {}, { ca: other.cert }, 'tls'],
    ['another authority vouches for it, TLS from the first byte', { secure: true }, { ca: other.cert }, 'tls'],
    ['its certificate is for another name', {}, { host: 'other.example.fi' }, 'tls'],
    ['its certificate is for a name and we go by an address', {}, { host: '127.0.0.1' }, 'tls'],
    ['it knows no STARTTLS', { disabledCommands: ['STARTTLS'] }, {}, 'smtp-500'],
    ['it hides STARTTLS and takes passwords in the clear', { hideSTARTTLS: true, allowInsecureAuth: true }, {}, ''],
    ['it speaks plainly where TLS is expected', {}, { tls: 'implicit' }, 'tls'],
    ['it does not know the account', {}, { account: { user: 'gateway', password: 'wrong' } }, 'smtp-535'],
  ])('%s', async (_why, options, change, reason) => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    const server = await start(options)
    const result = await send({ ...server.policy, ...change })
    // A hidden STARTTLS may still be there, and is then used.
    if (reason === '')
      expect([result.outcome, server.arrived.every(({ secure }) => secure)]).toEqual(['accepted', true])
    else expect([result, server.arrived]).toEqual([{ outcome: 'not-sent', reason }, []])
  })
})

describe('a server that must not be reached', () => {
  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00::1'])(
    'at %s is not, unless allowed',
    async (at) => {
      const server = await start()
      const lookup = async () => [{ address: at, family: at.includes(':') ? 6 : 4 }]
      const refused = { outcome: 'not-sent', reason: 'address-not-allowed' }
      expect(await send({ ...server.policy, allowPrivate: false }, { lookup })).toEqual(refused)
      expect(await send({ ...server.policy, allowPrivate: false, host: at }, { lookup })).toEqual(refused)
      expect(server.connections()).toBe(0)
    },
  )

  it('is the one its name led to when it was checked: a resolver is asked once', async () => {
    const server = await start()
    let asked = 0
    const lookup = async () => [{ address: (asked += 1) === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }]
    expect((await send({ ...server.policy, allowPrivate: false }, { lookup })).outcome).toBe('not-sent')
    expect([asked, server.connections()]).toEqual([1, 0])
  })
})

describe('a server that fails', () => {
  const notSent = (reason: string): SmtpResult => ({ outcome: 'not-sent', reason })
  it.each<[string, { recipient?: MailAnswer; message?: MailAnswer }, SmtpResult, number]>([
    ['a recipient it does not know', { recipient: 550 }, { outcome: 'refused', at: 'recipient', code: 550 }, 0],
    ['a mailbox that is full', { recipient: 452 }, { outcome: 'refused', at: 'recipient', code: 452 }, 0],
    ['a message it will never take', { message: 554 }, { outcome: 'refused', at: 'message', code: 554 }, 1],
    ['that it is busy', { message: 451 }, { outcome: 'refused', at: 'message', code: 451 }, 1],
    ['nothing once it has the message', { message: 'silent' }, { outcome: 'no-answer', reason: 'timeout' }, 1],
    ['by hanging up with the message', { message: 'hang-up' }, { outcome: 'no-answer', reason: 'reset' }, 1],
    ['nothing to a recipient', { recipient: 'silent' }, { outcome: 'no-answer', reason: 'timeout' }, 0],
  ])('says what is known when it answers %s', async (_what, answers, expected, arrived) => {
    const server = await start()
    Object.assign(server.answers, answers)
    expect(await send(server.policy)).toEqual(expected)
    expect(server.arrived.length).toBe(arrived)
  })

  const raw = async (listener: Parameters<typeof tcpLoopback>[0]): Promise<[Loopback, SmtpPolicy]> => {
    const loopback = keep(await tcpLoopback(listener))
    const { policy } = await start()
    return [loopback, { ...policy, port: loopback.port, totalTimeoutMs: 400, connectTimeoutMs: 300 }]
  }

  it('nobody listens: surely not received', async () => {
    const [loopback, policy] = await raw(() => undefined)
    await loopback.close()
    expect(await send(policy)).toEqual(notSent('connect'))
  })

  it.each<[string, Parameters<typeof tcpLoopback>[0], string]>([
    ['never says a word', (socket) => socket.resume(), 'timeout'],
    ['trickles its greeting', (socket) => void setInterval(() => socket.write('2'), 20).unref(), 'timeout'],
    ['is another kind of server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'session'],
    ['closes at once', (socket) => socket.end(), 'session'],
    ['does not want us', (socket) => socket.end('554 no\r\n'), 'smtp-554'],
  ])('that %s: surely not received, in time, and the connection is dropped', async (_how, listener, reason) => {
    const [loopback, policy] = await raw(listener)
    const started = performance.now()
    expect(await send(policy)).toEqual(notSent(reason))
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(await eventually(() => loopback.open() === 0)).toBe(true)
  })

  it('that answers without end is cut off after little', async () => {
    let written = 0
    const [loopback, policy] = await raw((socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write('220-' + 'x'.repeat(60_000) + '\r\n')) written += 60_000
      }
      socket.on('drain', pour)
      pour()
    })
    expect(await send({ ...policy, totalTimeoutMs: 5_000, connectTimeoutMs: 5_000 })).toEqual(notSent('session'))
    expect(await eventually(() => loopback.open() === 0)).toBe(true)
    expect(written).toBeLessThan(20_000_000)
  })
})
