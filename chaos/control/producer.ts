import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type PoolClient } from 'pg'
import { CLIENTS } from '../clients.ts'
import { journal } from '../journal.ts'
import { randomOf } from '../random.ts'
import { sceneOf, teams } from '../scene.ts'
import { underParent } from '../under-parent.ts'

const [sceneText, , , file = ''] = process.argv.slice(2)
const scene = sceneOf(sceneText)
const random = randomOf(scene.seed ^ process.pid)
const write = journal(file)
const pool = new Pool({ connectionString: scene.databaseUrl, max: 3 })
pool.on('error', () => {})
pool.on('connect', (client) => client.on('error', () => {}))
const stop = new AbortController()

/** Dawdles and rolls back as the gateway's producers do. */
const transaction = async (work: (client: PoolClient) => Promise<string>): Promise<void> => {
  const client = await pool.connect().catch(() => undefined)
  if (client === undefined) return
  let failed: Error | undefined
  try {
    await client.query('begin')
    const record = await work(client)
    if (random() < 0.25) await sleep(random() * 40)
    if (random() < 0.05) await client.query('rollback')
    else {
      await client.query('commit')
      write({ kind: 'acknowledged', record })
    }
  } catch (error) {
    failed = error instanceof Error ? error : new Error('failed')
  }
  client.release(failed)
}

const someClient = (): string => `client-${Math.floor(random() * CLIENTS)}`

const tell = (): Promise<void> =>
  transaction(async (client) => {
    const [about, record] = [someClient(), randomUUID()]
    const { rows } = await client.query('select recipient from standing where client = $1 and granted', [about])
    await client.query('insert into message values ($1, $2)', [record, about])
    for (const { recipient } of rows) {
      await client.query(
        `insert into outbox (id, endpoint, recipient, client, record, due_at) values ($1, $2, $3, $4, $5, 0)`,
        [randomUUID(), `${recipient}-webhook`, recipient, about, record],
      )
    }
    return record
  })

const toggle = (): Promise<void> =>
  transaction(async (client) => {
    const place = [someClient(), teams[random() < 0.5 ? 0 : 1]]
    const { rows } = await client.query(
      `insert into standing values ($1, $2, true)
       on conflict (client, recipient) do update set granted = not standing.granted returning granted`,
      place,
    )
    const event = await client.query(
      `insert into consent_event (client, recipient, granted) values ($1, $2, $3) returning 'consent ' || id as record`,
      [...place, rows[0].granted],
    )
    return event.rows[0].record
  })

const loop = async (act: () => Promise<void>, pauseMs: number): Promise<void> => {
  while (!stop.signal.aborted) {
    await act()
    await sleep(random() * pauseMs)
  }
}

const working = Promise.all([loop(tell, 60), loop(tell, 60), loop(toggle, 300)])
underParent({
  port: 0,
  stop: async () => {
    stop.abort()
    await working
    await pool.end()
  },
})
