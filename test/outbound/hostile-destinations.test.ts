import { createServer } from 'node:http'
import { connect as netConnect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutbound, type OutboundResult } from '../../src/outbound/outbound.ts'
import { type Loopback, httpLoopback, listen, policy } from './loopback.ts'

let listener: Loopback
let listener6: Loopback | undefined
let requests = 0

beforeAll(async () => {
  const answer = () =>
    createServer((_request, response) => {
      requests += 1
      response.end('reached')
    })
  listener = await listen(answer(), '0.0.0.0')
  // A container without IPv6 still runs the rest of the table.
  listener6 = await listen(answer(), '::1').catch(() => undefined)
})
afterAll(async () => {
  await listener.close()
  await listener6?.close()
})

// Allows whatever host the URL names, so that only the check of the address stands in the way.
const post = async (url: string, dependencies = {}): Promise<OutboundResult> => {
  const outbound = createOutbound(policy, dependencies)
  const { host } = URL.parse(url) ?? { host: '' }
  const result = await outbound.send({ url, method: 'POST', headers: {}, body: '{}', allowedHosts: [host] })
  await outbound.close()
  return result
}

describe('a URL that leads inside', () => {
  it.each([
    ['http://127.0.0.1:PORT/', 'address-not-allowed'],
    ['http://127.1:PORT/', 'address-not-allowed'],
    ['http://0x7f.1:PORT/', 'address-not-allowed'],
    ['http://0177.0.0.1:PORT/', 'address-not-allowed'],
    ['http://2130706433:PORT/', 'address-not-allowed'],
    ['http://0x7f000001:PORT/', 'address-not-allowed'],
    ['http://127.0.0.1.:PORT/', 'address-not-allowed'],
    ['http://①②⑦.0.0.1:PORT/', 'address-not-allowed'],
    ['http://0.0.0.0:PORT/', 'address-not-allowed'],
    ['http://0:PORT/', 'address-not-allowed'],
    ['http://[::]:PORT/', 'address-not-allowed'],
    ['http://[::1]:PORT/', 'address-not-allowed'],
    ['http://[::ffff:127.0.0.1]:PORT/', 'address-not-allowed'],
    ['http://[::ffff:7f00:1]:PORT/', 'address-not-allowed'],
    ['http://[::127.0.0.1]:PORT/', 'address-not-allowed'],
    ['http://[64:ff9b::7f00:1]:PORT/', 'address-not-allowed'],
    ['http://[64:ff9b:1::7f00:1]:PORT/', 'address-not-allowed'],
    ['http://[2002:7f00:1::]:PORT/', 'address-not-allowed'],
    ['http://[fc00::1]:PORT/', 'address-not-allowed'],
    ['http://[fe80::1]:PORT/', 'address-not-allowed'],
    ['http://[ff02::1]:PORT/', 'address-not-allowed'],
    ['http://169.254.169.254/latest/meta-data/', 'address-not-allowed'],
    ['http://100.64.0.1:PORT/', 'address-not-allowed'],
    ['http://10.0.0.1:PORT/', 'address-not-allowed'],
    ['http://172.16.0.1:PORT/', 'address-not-allowed'],
    ['http://192.168.0.1:PORT/', 'address-not-allowed'],
    ['http://255.255.255.255:PORT/', 'address-not-allowed'],
    ['https://127.0.0.1:PORT/', 'address-not-allowed'],
    ['http://localhost:PORT/', 'address-not-allowed'],
    ['http://LOCALHOST:PORT/', 'address-not-allowed'],
    ['http://localhost.:PORT/', 'bad-url'],
    ['http://a@127.0.0.1:PORT/', 'credentials-in-url'],
    ['http://a:b@127.0.0.1:PORT/', 'credentials-in-url'],
  ])('%s is refused, and the listener is not touched', async (template, reason) => {
    const url = template.replace(
      'PORT',
      String(template.includes('[::1]') ? (listener6 ?? listener).port : listener.port),
    )
    expect(await post(url)).toEqual({ outcome: 'refused', reason })
    expect([listener.connections(), listener6?.connections() ?? 0, requests]).toEqual([0, 0, 0])
  })

  it('a name with one inside address among outside ones is refused as a whole', async () => {
    const lookup = async () => [
      { address: '8.8.8.8', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    const connect = () => expect.unreachable('nothing may be connected')
    const result = await post(`http://mixed.example:${listener.port}/`, { lookup, connect })
    expect(result).toEqual({ outcome: 'refused', reason: 'address-not-allowed' })
  })

  it('a resolver that changes its answer is asked once for each connection, and what it said is what is connected', async () => {
    const answers = ['8.8.8.8', '127.0.0.1', '127.0.0.1']
    const asked: string[] = []
    const connected: string[] = []
    const outbound = createOutbound(policy, {
      lookup: async (hostname) => {
        asked.push(hostname)
        return [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]
      },
      // Stands for the network: no packet leaves for the public address.
      connect: (addresses) => {
        connected.push(...addresses.map(({ address }) => address))
        return netConnect({ host: '127.0.0.1', port: 1 })
      },
    })
    const url = `http://rebind.example:${listener.port}/`
    const send = () =>
      outbound.send({ url, method: 'GET', headers: {}, allowedHosts: [`rebind.example:${listener.port}`] })
    expect(await send()).toEqual({ outcome: 'not-sent', reason: 'connect' })
    expect([asked.length, connected]).toEqual([1, ['8.8.8.8']])
    expect(await send()).toEqual({ outcome: 'refused', reason: 'address-not-allowed' })
    expect([asked.length, connected]).toEqual([2, ['8.8.8.8']])
    expect(listener.connections()).toBe(0)
    await outbound.close()
  })

  it('a connection that ends up inside although the checked address was outside is dropped before a byte is sent', async () => {
    const inside = await httpLoopback(() => expect.unreachable('no request may arrive'))
    const result = await post(`http://astray.example:${inside.port}/`, {
      lookup: async () => [{ address: '8.8.8.8', family: 4 }],
      connect: (): Socket => netConnect({ host: '127.0.0.1', port: inside.port }),
    })
    expect(result).toEqual({ outcome: 'refused', reason: 'address-not-allowed' })
    await inside.close()
  })

  it('a private address is open by its exact host and port only', async () => {
    const other = await httpLoopback((_request, response) => response.end('other'))
    const outbound = createOutbound({ ...policy, allowPrivate: [other.host] })
    const send = (host: string) =>
      outbound.send({ url: `http://${host}/`, method: 'GET', headers: {}, allowedHosts: [host] })
    expect(await send(other.host)).toMatchObject({ outcome: 'answered', status: 200 })
    expect(await send(listener.host)).toEqual({ outcome: 'refused', reason: 'address-not-allowed' })
    expect(await send(`localhost:${other.port}`)).toEqual({ outcome: 'refused', reason: 'address-not-allowed' })
    expect(listener.connections()).toBe(0)
    await outbound.close()
    await other.close()
  })

  it('a host the party has not registered is refused even where the policy opens its address', async () => {
    const outbound = createOutbound({ ...policy, allowPrivate: [listener.host] })
    const request = { url: `http://${listener.host}/`, method: 'GET', headers: {} } as const
    expect(await outbound.send({ ...request, allowedHosts: ['hooks.example.fi'] })).toEqual({
      outcome: 'refused',
      reason: 'host-not-allowed',
    })
    expect(listener.connections()).toBe(0)
    await outbound.close()
  })
})
