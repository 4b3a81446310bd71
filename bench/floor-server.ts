import { createHmac, randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { Agent, request } from 'undici'
import { z } from 'zod'
import { answerParent } from './answer-parent.ts'
import { type FloorEngine, openFloor, type Place } from './floor-engine.ts'

/**
 * The floors of `npm run bench`: what the same machine can do with the same libraries when nothing is asked of it but
 * to parse, to store and to send. One process with three routes; only one of them is measured at a time.
 */
type Start = { readonly place: Place; readonly hook: string }

const identifier = z.array(z.object({ system: z.string(), value: z.string() })).min(1)
const concept = z.looseObject({ coding: z.array(z.object({ system: z.string(), code: z.string() })).optional() })
const reference = z.looseObject({ reference: z.string() })
const resource = z.discriminatedUnion('resourceType', [
  z.looseObject({ resourceType: z.literal('Patient'), identifier, name: z.array(z.looseObject({})) }),
  z.looseObject({ resourceType: z.literal('Consent'), identifier, status: z.string(), scope: concept }),
  z.looseObject({ resourceType: z.literal('ServiceRequest'), identifier, status: z.string(), subject: reference }),
  z.looseObject({ resourceType: z.literal('Task'), identifier, status: z.string(), focus: reference }),
  z.looseObject({ resourceType: z.literal('Communication'), identifier, status: z.string(), subject: reference }),
])
const bundle = z.object({
  resourceType: z.literal('Bundle'),
  type: z.literal('transaction'),
  entry: z.array(z.looseObject({ resource })).length(4),
})

const INSERT = 'insert into resource (id, type, updated_at, body) values ($1, $2, $3, $4)'

const rowOf = (one: z.infer<typeof resource>) => [randomUUID(), one.resourceType, Date.now(), JSON.stringify(one)]

const appOver = (engine: FloorEngine, wake: () => void): Hono => {
  const app = new Hono()
  app.post('/one', async (c) => {
    await engine.query(INSERT, rowOf(resource.parse(await c.req.json())))
    return c.json({}, 201)
  })
  app.post('/four', async (c) => {
    const { entry } = bundle.parse(await c.req.json())
    await engine.transaction(async (query) => {
      for (const one of entry) await query(INSERT, rowOf(one.resource))
    })
    return c.json({}, 201)
  })
  app.post('/event', async (c) => {
    const event = JSON.stringify(resource.parse(await c.req.json()))
    await engine.query(`insert into outbox (id, body) values ($1, $2)`, [randomUUID(), event])
    wake()
    return c.json({}, 201)
  })
  return app
}

const CLAIM = `
  update outbox set state = 'sending', attempts = attempts + 1 where number in (
    select number from outbox where state = 'queued' order by number limit 16 for update skip locked)
  returning id, body`
const SETTLE = `update outbox set state = 'delivered', delivered_at = $2 where id = $1`

/** Claim → sign → send → settle; woken in process, which is quicker than NOTIFY and enough for one process. */
const startWorker = (engine: FloorEngine, hook: string) => {
  const agent = new Agent({ pipelining: 1, connections: 16 })
  const key = Buffer.alloc(32, 7)
  const send = async ({ id, body }: { readonly id: string; readonly body: unknown }): Promise<void> => {
    const text = JSON.stringify(body)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest('base64')
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    }
    const answer = await request(hook, { method: 'POST', headers, body: text, dispatcher: agent })
    await answer.body.dump()
    if (answer.statusCode < 300) await engine.query(SETTLE, [id, Date.now()])
  }
  let [woken, running]: [boolean, Promise<void> | undefined] = [false, undefined]
  const run = async (): Promise<void> => {
    while (woken) {
      woken = false
      for (let rows = await engine.query(CLAIM); rows.length > 0; rows = await engine.query(CLAIM)) {
        await Promise.all(rows.map(send))
      }
    }
    running = undefined
  }
  return {
    wake: () => {
      woken = true
      running ??= run()
    },
    stop: async () => {
      await running
      await agent.close()
    },
  }
}

let stop = async (): Promise<void> => {}

answerParent({
  start: async ({ place, hook }: Start) => {
    const engine = await openFloor(place)
    await engine.query('create table resource (id uuid primary key, type text, updated_at bigint, body jsonb)')
    await engine.query(`
      create table outbox (number bigserial primary key, id uuid not null, state text not null default 'queued',
        attempts integer not null default 0, delivered_at bigint, body jsonb not null)`)
    await engine.query(`create index outbox_queued on outbox (number) where state = 'queued'`)
    await engine.query('create index outbox_id on outbox (id)')
    const worker = startWorker(engine, hook)
    const app = appOver(engine, worker.wake)
    const server = await new Promise<ServerType>((resolve) => {
      const made = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(made))
    })
    stop = async () => {
      server.close()
      await worker.stop()
      await engine.close()
    }
    port = (server.address() as AddressInfo).port
  },
  port: () => port,
  stop: () => stop(),
})

let port = 0
