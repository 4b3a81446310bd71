import { createServer } from 'node:https'
import { connect as netConnect } from 'node:net'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { createOutbound } from '../../src/outbound/outbound.ts'
import { eventually, httpLoopback, listen, type Loopback, policy, tcpLoopback } from './loopback.ts'
import { selfSigned } from './self-signed.ts'

const ours = selfSigned('hooks.example.fi')
const systemAuthorities = getCACertificates('default')
const opened: Loopback[] = []
afterEach(async () => {
  setDefaultCACertificates(systemAuthorities)
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  for (const { close } of opened.splice(0)) await close()
})

const secureLoopback = async (): Promise<{ loopback: Loopback; seen: string[] }> => {
  const seen: string[] = []
  const server = createServer(ours, (request, response) => {
    const { servername } = request.socket as TLSSocket
    seen.push(`${request.headers.host} ${String(servername)}`)
    response.end('ok')
  })
  const loopback = await listen(server)
  opened.push(loopback)
  return { loopback, seen }
}

/** Sends to a name that the injected resolver places on the loopback address. */
const sendTo = async (loopback: Loopback, name: string, times = 1) => {
  const host = `${name}:${loopback.port}`
  const outbound = createOutbound(
    { ...policy, allowHttp: false, allowPrivate: [host], connectTimeoutMs: 300 },
    { lookup: async () => [{ address: '127.0.0.1', family: 4 }] },
  )
  const request = { url: `https://${host}/in`, method: 'POST', headers: {}, body: '{}', allowedHosts: [host] } as const
  for (let i = 1; i < times; i += 1) await outbound.send(request)
  const result = await outbound.send(request)
  await outbound.close()
  return result
}

describe('TLS', () => {
  it('with a trusted certificate the name of the URL is kept for Host and for SNI, over shared connections', async () => {
    const { loopback, seen } = await secureLoopback()
    setDefaultCACertificates([ours.cert])
    expect(await sendTo(loopback, 'hooks.example.fi', 4)).toMatchObject({ outcome: 'answered', status: 200 })
    const expected = `hooks.example.fi:${loopback.port} hooks.example.fi`
    expect(seen).toEqual([expected, expected, expected, expected])
    expect(loopback.connections()).toBeLessThanOrEqual(2)
  })

  it('a certificate nobody vouches for means nothing was sent, also where the environment says not to look', async () => {
    const { loopback, seen } = await secureLoopback()
    expect(await sendTo(loopback, 'hooks.example.fi')).toEqual({ outcome: 'not-sent', reason: 'tls' })
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    expect(await sendTo(loopback, 'hooks.example.fi')).toEqual({ outcome: 'not-sent', reason: 'tls' })
    expect(seen).toEqual([])
  })

  it('a trusted certificate for another name means nothing was sent', async () => {
    const { loopback, seen } = await secureLoopback()
    setDefaultCACertificates([ours.cert])
    expect(await sendTo(loopback, 'other.example.fi')).toEqual({ outcome: 'not-sent', reason: 'tls' })
    expect(seen).toEqual([])
  })

  it('a port that speaks plain HTTP means nothing was sent', async () => {
    const loopback = await httpLoopback(() => expect.unreachable('no request may arrive'))
    opened.push(loopback)
    expect(await sendTo(loopback, 'hooks.example.fi')).toEqual({ outcome: 'not-sent', reason: 'tls' })
  })

  it('a handshake that never ends is cut by the connect timeout, and the connection dropped', async () => {
    const loopback = await tcpLoopback((socket) => socket.resume())
    opened.push(loopback)
    const started = performance.now()
    expect(await sendTo(loopback, 'hooks.example.fi')).toEqual({ outcome: 'not-sent', reason: 'tls' })
    expect(performance.now() - started).toBeLessThan(1000)
    expect(await eventually(() => loopback.open() === 0)).toBe(true)
  })

  it('a connection that ends up inside is dropped before the handshake begins', async () => {
    let bytes = 0
    const loopback = await tcpLoopback((socket) => socket.on('data', (chunk) => (bytes += chunk.length)))
    opened.push(loopback)
    const outbound = createOutbound(policy, {
      lookup: async () => [{ address: '8.8.8.8', family: 4 }],
      connect: () => netConnect({ host: '127.0.0.1', port: loopback.port }),
    })
    const request = {
      url: 'https://hooks.example.fi/',
      method: 'GET',
      headers: {},
      allowedHosts: ['hooks.example.fi'],
    } as const
    expect(await outbound.send(request)).toEqual({ outcome: 'refused', reason: 'address-not-allowed' })
    expect(await eventually(() => loopback.open() === 0)).toBe(true)
    expect(bytes).toBe(0)
    await outbound.close()
  })
})
