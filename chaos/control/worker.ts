import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'pg'
import { DELIVERY_TIMEOUT_MS, LEASE_MS, sceneOf } from '../scene.ts'
import { underParent } from '../under-parent.ts'

const scene = sceneOf(process.argv[2])
const pool = new Pool({ connectionString: scene.databaseUrl, max: 3 })
pool.on('error', () => {})
pool.on('connect', (client) => client.on('error', () => {}))
const stop = new AbortController()

/** Decided when it was queued; from here on nobody asks for the consent again. */
const CLAIM = `
  with claimed as (
    update outbox set state = 'sending', due_at = $1::bigint + ${LEASE_MS} where number in (
      select number from outbox where state <> 'delivered' and due_at <= $1::bigint
      order by number limit 8 for update skip locked)
    returning id, endpoint, number, record),
  written as (insert into sending select id from claimed)
  select * from claimed order by number`

const RETRY_MS = 300

const send = async ({ id, endpoint, record }: Record<string, string>): Promise<void> => {
  const took = await fetch(`${scene.hooks}/${endpoint}`, {
    method: 'POST',
    headers: { 'webhook-id': String(id) },
    body: JSON.stringify({ id, record }),
    redirect: 'manual',
    signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
  }).then(
    ({ ok }) => ok,
    () => false,
  )
  const settle = took ? `state = 'delivered'` : `state = 'queued', due_at = ${Date.now() + RETRY_MS}`
  await pool.query(`update outbox set ${settle} where id = $1`, [id])
}

const work = async (): Promise<void> => {
  while (!stop.signal.aborted) {
    try {
      const { rows } = await pool.query(CLAIM, [Date.now()])
      await Promise.all(rows.map(send))
      if (rows.length === 0) await sleep(20)
    } catch {
      await sleep(100)
    }
  }
}

const working = work()
underParent({
  port: 0,
  stop: async () => {
    stop.abort()
    await working
    await pool.end()
  },
})
