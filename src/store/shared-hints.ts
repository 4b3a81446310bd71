import { randomUUID } from 'node:crypto'
import { Client, type Pool } from 'pg'
import { type HintTopic, type Hints, localHints } from './hints.ts'

/** Other gateways hear at most this often; a NOTIFY in every commit costs PostgreSQL its group commit (7,000 → 2,500/s). */
const NOTIFY_INTERVAL_MS = 20

/**
 * Hints for this process at once, and for the others through NOTIFY, outside the transactions. A hint only: the poll
 * covers what is lost while the listening connection is made anew.
 *
 * @param greet what a new connection has to do first; one that fails at it is tried again later.
 */
export const sharedHints = async (
  url: string,
  pool: Pool,
  greet: (client: Client) => Promise<void>,
): Promise<Hints & { close(): Promise<void> }> => {
  const local = localHints()
  const own = randomUUID()
  let closed = false
  let client: Client | undefined
  let reconnect: NodeJS.Timeout | undefined
  let notify: NodeJS.Timeout | undefined
  const untold = new Set<HintTopic>()
  const connect = async (): Promise<void> => {
    const next = new Client({ connectionString: url })
    const again = (): void => {
      if (closed || client !== next) return
      client = undefined
      reconnect = setTimeout(() => void connect().catch(again), 1000)
    }
    client = next
    next.on('notification', ({ payload }) => {
      const [sender, ...topics] = (payload ?? '').split(' ')
      // This process has told its own listeners already.
      if (sender === own) return
      for (const topic of ['lanes', 'inboxes'] as const) if (topics.includes(topic)) local.hint(topic)
    })
    next.on('error', again)
    next.on('end', again)
    try {
      await next.connect()
      await greet(next)
      await next.query('listen ips_lanes')
    } catch {
      again()
      void next.end().catch(() => {})
    }
  }
  await connect()
  return {
    subscribe: local.subscribe,
    hint: (topic) => {
      local.hint(topic)
      untold.add(topic)
      if (notify !== undefined || closed) return
      notify = setTimeout(() => {
        notify = undefined
        const payload = [own, ...untold].join(' ')
        untold.clear()
        pool.query(`select pg_notify('ips_lanes', $1)`, [payload]).catch(() => {})
      }, NOTIFY_INTERVAL_MS)
    },
    close: async () => {
      closed = true
      clearTimeout(reconnect)
      clearTimeout(notify)
      await client?.end().catch(() => {})
    },
  }
}
