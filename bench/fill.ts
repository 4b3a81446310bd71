import { Client } from 'pg'

/** What a store is filled with. Every lane has a client of its own, of whom everything is a copy of one who was enrolled. */
export type Fill = {
  readonly url: string
  /** Names this filling, so that no other has the same ids. */
  readonly name: string
  readonly lanes: number
  /** Waiting in each lane. */
  readonly items: number
}

/**
 * Queues items in one transaction, as old as they are many milliseconds, and tells the workers. Statistics are what they
 * are: nothing is analysed. Payloads are JSON with the client's id in them (`codec.ts`).
 */
export const fill = async ({ url, name, lanes, items }: Fill): Promise<void> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('begin')
    await client.query(`create temp table copy on commit drop as
      select n, md5('${name}' || n)::uuid as client, ${Date.now()} - ${lanes} + n as at
      from generate_series(1, ${lanes}) n`)
    await client.query(`create temp table model on commit drop as
      select * from disclosure where channel = 'webhook' and category = 'medication' and state = 'delivered'
      order by created_at limit 1`)
    for (const statement of COPIES) await client.query(statement)
    await client.query(
      `insert into disclosure (id, kind, endpoint, channel, client_id, sender, recipient, position, state, category,
         level, purpose, update_id, source, basis, created_at)
       select gen_random_uuid(), m.kind, m.endpoint, m.channel, c.client, m.sender, m.recipient, k, 'queued', m.category,
         m.level, m.purpose, ${idOf('update')}, m.source, m.basis, c.at
       from copy c, model m, generate_series(1, ${items}) k`,
    )
    await client.query(`insert into lane (endpoint, client_id, next_position, due_at)
      select m.endpoint, c.client, ${items + 1}, c.at from copy c, model m`)
    await client.query('commit')
    await client.query(`select pg_notify('ips_lanes', 'bench lanes')`)
  } finally {
    await client.end()
  }
}

/** Ends what still waits, so that the next measurement has its own items only. */
export const drop = async (url: string): Promise<void> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(`update lane set due_at = null where due_at is not null and leased_until is null`)
  await client.query(`update disclosure set state = 'superseded' where state = 'queued' and channel = 'webhook'`)
  await client.end()
}

const idOf = (what: string): string => `md5('${what}' || c.client::text)::uuid`

const payload = `convert_to(replace(convert_from(t.payload, 'UTF8'), t.client_id::text, c.client::text), 'UTF8')`

const COPIES = [
  `insert into client (id, birth_date, created_at)
     select c.client, t.birth_date, t.created_at from copy c, model m join client t on t.id = m.client_id`,
  `insert into patient_link (party, patient_id, client_id, state)
     select t.party, md5(t.party || c.client::text)::uuid, c.client, t.state
     from copy c, model m join patient_link t on t.client_id = m.client_id`,
  `insert into consent (id, client_id, party, version, status, digest, payload)
     select ${idOf('consent')}, c.client, t.party, t.version, t.status, t.digest, ${payload}
     from copy c, model m join consent t on t.client_id = m.client_id`,
  `insert into care_team_member (care_team_id, client_id, party, from_at, until_at)
     select ${idOf('team')}, c.client, t.party, t.from_at, t.until_at
     from copy c, model m join care_team_member t on t.client_id = m.client_id`,
  `insert into referral (service_request_id, client_id, sender, performer, live)
     select ${idOf('referral')}, c.client, t.sender, t.performer, t.live
     from copy c, model m join referral t on t.client_id = m.client_id`,
  `insert into update_record (id, client_id, party, resource_id, category, payload)
     select ${idOf('update')}, c.client, t.party, t.resource_id, t.category, ${payload}
     from copy c, model m join update_record t on t.id = m.update_id`,
]
