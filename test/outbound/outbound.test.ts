import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createOutbound,
  type Outbound,
  type OutboundPolicy,
  type OutboundRequest,
} from '../../src/outbound/outbound.ts'
import { eventually, httpLoopback, type Loopback, policy, tcpLoopback } from './loopback.ts'

const opened: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const { close } of opened.splice(0).toReversed()) await close()
})

const outboundTo = (loopback: Loopback, changes: Partial<OutboundPolicy> = {}): Outbound => {
  const outbound = createOutbound({ ...policy, allowPrivate: [loopback.host], ...changes })
  opened.push(loopback, outbound)
  return outbound
}
const post = (loopback: Loopback, changes: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url: `http://${loopback.host}/in`,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"kind":"test"}',
  allowedHosts: [loopback.host],
  ...changes,
})
const text = (body: Uint8Array) => Buffer.from(body).toString()

describe('what a receiver gets, and what comes back', () => {
  it('method, path, query, headers and body arrive as given, text or bytes', async () => {
    const seen: string[] = []
    const loopback = await httpLoopback((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        const signature = String(request.headers['x-signature'])
        seen.push(`${request.method} ${request.url} ${request.headers.host} ${signature} ${body}`)
        response.end()
      })
    })
    const outbound = outboundTo(loopback)
    const url = `http://${loopback.host}/in?a=1#not-sent`
    await outbound.send(post(loopback, { url, headers: { 'X-Signature': 's1' } }))
    await outbound.send(post(loopback, { url, headers: { 'x-signature': 's2' }, body: Buffer.from('päivä') }))
    expect(seen).toEqual([`POST /in?a=1 ${loopback.host} s1 {"kind":"test"}`, `POST /in?a=1 ${loopback.host} s2 päivä`])
  })

  it('status, body and the few headers that matter come back, in lower case, and no others', async () => {
    const loopback = await httpLoopback((_request, response) => {
      response.writeHead(503, { 'Retry-After': '120', ETag: '"a"', 'Set-Cookie': 'no=1', 'Content-Type': 'text/plain' })
      response.end('busy')
    })
    const result = await outboundTo(loopback).send(post(loopback))
    expect(result).toMatchObject({
      outcome: 'answered',
      status: 503,
      headers: { 'retry-after': '120', etag: '"a"', 'content-type': 'text/plain' },
      truncated: false,
    })
    expect(result.outcome === 'answered' && [text(result.body), Object.keys(result.headers).length]).toEqual([
      'busy',
      3,
    ])
  })

  it('an early hint before the answer is not taken for the answer', async () => {
    const loopback = await httpLoopback((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      response.writeHead(202).end()
    })
    expect(await outboundTo(loopback).send(post(loopback))).toMatchObject({ outcome: 'answered', status: 202 })
  })

  it('an early hint and then nothing is no answer', async () => {
    const loopback = await tcpLoopback((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'))
    })
    expect(await outboundTo(loopback).send(post(loopback))).toEqual({ outcome: 'no-answer', reason: 'reset' })
  })

  it('a name is reached by its second address when nobody listens at the first', async () => {
    const loopback = await httpLoopback((_request, response) => response.writeHead(204).end())
    const host = `two.example:${loopback.port}`
    const outbound = createOutbound(
      { ...policy, allowPrivate: [host] },
      {
        lookup: async () => [
          { address: '::1', family: 6 },
          { address: '127.0.0.1', family: 4 },
        ],
      },
    )
    opened.push(loopback, outbound)
    const result = await outbound.send(post(loopback, { url: `http://${host}/in`, allowedHosts: [host] }))
    expect(result).toMatchObject({ outcome: 'answered', status: 204 })
  })

  it('a name on this machine is reached through the system resolver when the policy names it', async () => {
    const loopback = await httpLoopback((_request, response) => response.writeHead(204).end())
    const host = `localhost:${loopback.port}`
    const outbound = outboundTo(loopback, { allowPrivate: [host] })
    const result = await outbound.send(post(loopback, { url: `http://${host}/in`, allowedHosts: [host] }))
    expect(result).toMatchObject({ outcome: 'answered', status: 204 })
  })

  it.each([301, 302, 303, 307, 308])(
    'a redirect (%i) to another listener is answered, not followed',
    async (status) => {
      const target = await httpLoopback((_request, response) => response.end('reached'))
      const loopback = await httpLoopback((_request, response) => {
        response.writeHead(status, { location: `http://${target.host}/` }).end()
      })
      opened.push(target)
      const outbound = outboundTo(loopback, { allowPrivate: [loopback.host, target.host] })
      const allowedHosts = [loopback.host, target.host]
      expect(await outbound.send(post(loopback, { allowedHosts }))).toMatchObject({ outcome: 'answered', status })
      expect(target.connections()).toBe(0)
    },
  )

  it('a header that would change the host, or break the request, is a fault of the caller', async () => {
    const loopback = await httpLoopback((_request, response) => response.end())
    const outbound = outboundTo(loopback)
    await expect(outbound.send(post(loopback, { headers: { Host: 'inside' } }))).rejects.toThrow('`host`')
    await expect(outbound.send(post(loopback, { headers: { 'x-a': 'b\r\nx-c: d' } }))).rejects.toThrow('invalid x-a')
    expect(loopback.connections()).toBe(0)
  })
})

describe('a receiver that does not stop', () => {
  const endless = (response: ServerResponse) => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }

  it('a success of 10 GB stays a success: the body is cut at the limit and the connection dropped', async () => {
    let sent = 0
    const loopback = await httpLoopback((_request, response) => {
      response.writeHead(200, { 'content-length': 10 * 1024 ** 3 })
      response.on('close', () => (sent = response.socket?.bytesWritten ?? 0))
      endless(response)
    })
    const result = await outboundTo(loopback).send(post(loopback))
    expect(result).toMatchObject({ outcome: 'answered', status: 200, truncated: true })
    expect(result.outcome === 'answered' && result.body.length).toBe(64 * 1024)
    expect(await eventually(() => loopback.open() === 0)).toBe(true)
    expect(sent).toBeLessThan(32 * 1024 ** 2)
  })

  it('a body of exactly the limit is whole', async () => {
    const loopback = await httpLoopback((_request, response) => response.end(Buffer.alloc(64 * 1024)))
    expect(await outboundTo(loopback).send(post(loopback))).toMatchObject({ outcome: 'answered', truncated: false })
  })

  it('a body that trickles for ever is cut by the total timeout, and the status stands', async () => {
    const loopback = await httpLoopback((_request, response) => {
      response.writeHead(201)
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const result = await outboundTo(loopback, { totalTimeoutMs: 200 }).send(post(loopback))
    expect(result).toMatchObject({ outcome: 'answered', status: 201, truncated: true })
    expect(await eventually(() => loopback.open() === 0)).toBe(true)
  })

  it('a body broken off half-way leaves the status standing', async () => {
    const loopback = await tcpLoopback((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'))
    })
    const result = await outboundTo(loopback).send(post(loopback))
    expect(result).toMatchObject({ outcome: 'answered', status: 200, truncated: true })
    expect(result.outcome === 'answered' && text(result.body)).toBe('half')
  })

  it('headers that trickle for ever end in a timeout, and it may have been received', async () => {
    const loopback = await tcpLoopback((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('x-a: b\r\n'), 20)
      socket.on('close', () => clearInterval(timer))
    })
    const started = performance.now()
    const result = await outboundTo(loopback).send(post(loopback, { timeoutMs: 200 }))
    expect(result).toEqual({ outcome: 'no-answer', reason: 'timeout' })
    expect(performance.now() - started).toBeLessThan(1000)
    expect(await eventually(() => loopback.open() === 0)).toBe(true)
  })

  it('a request may shorten the total timeout but not lengthen it', async () => {
    const loopback = await tcpLoopback(() => undefined)
    const started = performance.now()
    const outbound = outboundTo(loopback, { totalTimeoutMs: 100 })
    expect(await outbound.send(post(loopback, { timeoutMs: 60_000 }))).toEqual({
      outcome: 'no-answer',
      reason: 'timeout',
    })
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('headers beyond 16 kB are too large', async () => {
    const loopback = await tcpLoopback((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${`x-a: ${'b'.repeat(1000)}\r\n`.repeat(100)}`)
    })
    const result = await outboundTo(loopback).send(post(loopback))
    expect(result).toEqual({ outcome: 'no-answer', reason: 'response-too-large' })
  })
})

describe('a receiver that fails', () => {
  const gone = async (): Promise<Loopback> => {
    const loopback = await tcpLoopback(() => undefined)
    await loopback.close()
    return { ...loopback, close: async () => undefined }
  }

  it('a refused connection was surely not received', async () => {
    const loopback = await gone()
    expect(await outboundTo(loopback).send(post(loopback))).toEqual({ outcome: 'not-sent', reason: 'connect' })
  })

  it('many at once to a refused port all come back soon, also those that waited for a connection', async () => {
    const loopback = await gone()
    const outbound = outboundTo(loopback, { maxConnections: 2 })
    const started = performance.now()
    const results = await Promise.all(Array.from({ length: 20 }, () => outbound.send(post(loopback))))
    expect(new Set(results.map((result) => JSON.stringify(result)))).toEqual(
      new Set(['{"outcome":"not-sent","reason":"connect"}']),
    )
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('a name that does not resolve, or whose resolver hangs, was surely not received', async () => {
    const request = {
      url: 'http://nowhere.example/',
      method: 'GET',
      headers: {},
      allowedHosts: ['nowhere.example'],
    } as const
    for (const lookup of [
      () => Promise.reject(new Error('ENOTFOUND')),
      () => Promise.resolve([]),
      () => new Promise<never>(() => undefined),
    ]) {
      const outbound = createOutbound({ ...policy, connectTimeoutMs: 100 }, { lookup })
      expect(await outbound.send(request)).toEqual({ outcome: 'not-sent', reason: 'dns' })
      await outbound.close()
    }
  })

  it.each([
    ['a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['a plain close', (socket: Socket) => socket.end()],
    ['an answer that is not HTTP', (socket: Socket) => socket.end('220 mail.example ESMTP\r\n')],
  ])('%s after the request may hide a delivery', async (_name, end) => {
    const loopback = await tcpLoopback((socket) => socket.once('data', () => end(socket)))
    expect(await outboundTo(loopback).send(post(loopback))).toEqual({ outcome: 'no-answer', reason: 'reset' })
    expect(loopback.connections()).toBe(1)
  })

  it('a request that waited in vain for a free connection was surely not received, nor is it sent later', async () => {
    const seen: string[] = []
    const answers: ServerResponse[] = []
    const loopback = await httpLoopback((request, response) => {
      seen.push(request.url ?? '')
      answers.push(response)
    })
    const outbound = outboundTo(loopback, { maxConnections: 1 })
    const first = outbound.send(post(loopback, { url: `http://${loopback.host}/first` }))
    await eventually(() => seen.length === 1)
    const second = outbound.send(post(loopback, { url: `http://${loopback.host}/second`, timeoutMs: 50 }))
    expect(await second).toEqual({ outcome: 'not-sent', reason: 'connect' })
    answers[0]?.end()
    expect(await first).toMatchObject({ outcome: 'answered', status: 200 })
    const third = outbound.send(post(loopback, { url: `http://${loopback.host}/third` }))
    await eventually(() => seen.length === 2)
    answers[1]?.end()
    expect(await third).toMatchObject({ outcome: 'answered', status: 200 })
    expect(seen).toEqual(['/first', '/third'])
  })
})

describe('connections', () => {
  it('a request that was in time while its connection was sought, and is not when it is there, does not leave', async () => {
    const loopback = await httpLoopback((_request, response) => response.end())
    let isInTime = true
    const lookup = async () => {
      isInTime = false
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const host = `slow.example:${loopback.port}`
    const outbound = createOutbound({ ...policy, allowPrivate: [host] }, { lookup })
    opened.push(loopback, outbound)
    const request = post(loopback, { url: `http://${host}/in`, allowedHosts: [host], isInTime: () => isInTime })
    expect(await outbound.send(request)).toEqual({ outcome: 'not-sent', reason: 'too-late' })
    expect(loopback.connections()).toBe(1)
    const next = { ...request, isInTime: () => true }
    expect(await outbound.send(next)).toMatchObject({ outcome: 'answered', status: 200 })
  })

  it('a hundred messages one after another share their connections', async () => {
    const loopback = await httpLoopback((_request, response) => response.writeHead(204).end())
    const outbound = outboundTo(loopback)
    for (let i = 0; i < 100; i += 1) await outbound.send(post(loopback))
    // Two, not one: undici frees a connection one turn of the event loop after the answer, and the loop is quicker.
    expect(loopback.connections()).toBeLessThanOrEqual(2)
  })

  it('a message sent a moment later goes over the connection already open', async () => {
    const loopback = await httpLoopback((_request, response) => response.writeHead(204).end())
    const outbound = outboundTo(loopback)
    for (let i = 0; i < 10; i += 1) {
      await outbound.send(post(loopback))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(loopback.connections()).toBe(1)
  })

  it('a hundred at once go over no more connections than the policy allows', async () => {
    const loopback = await httpLoopback((_request, response) => response.writeHead(204).end())
    const outbound = outboundTo(loopback, { maxConnections: 3 })
    const results = await Promise.all(Array.from({ length: 100 }, () => outbound.send(post(loopback))))
    expect(results.every(({ outcome }) => outcome === 'answered')).toBe(true)
    expect(loopback.connections()).toBeLessThanOrEqual(3)
  })

  it('closing waits for what is under way, drops the connections, and a later send is not sent', async () => {
    const loopback = await httpLoopback((_request, response) => void setTimeout(() => response.end('late'), 50))
    const outbound = outboundTo(loopback)
    const sending = outbound.send(post(loopback))
    await eventually(() => loopback.connections() === 1)
    await outbound.close()
    expect(await sending).toMatchObject({ outcome: 'answered', status: 200, truncated: false })
    expect(await eventually(() => loopback.open() === 0)).toBe(true)
    expect(await outbound.send(post(loopback))).toEqual({ outcome: 'not-sent', reason: 'connect' })
  })
})
