import { type Kysely, type Selectable, sql } from 'kysely'
import type { AuditRow, Seal, SealHead } from '../../audit/audit-seal.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'

/** The audit as what seals it and what verifies it read it. */
export type AuditTrail = {
  /**
   * The last row behind which no transaction under way can still put one before it. Holds up whoever writes to the audit
   * for as long as it takes those to end.
   *
   * @throws with code `55P03` when they take longer than `LOCK_TIMEOUT`: try again another time.
   */
  settled(): Promise<number>
  /** Rows of a range, in order. */
  rows(range: { readonly after: number; readonly upTo: number; readonly most: number }): Promise<readonly AuditRow[]>
  /** Rows that no seal covers yet. */
  countAfter(seq: number): Promise<number>
  lastSeal(): Promise<SealHead | undefined>
  /** The first seal of this number or a higher one. */
  sealFrom(number: number): Promise<Seal | undefined>
  /** @returns false when somebody else has made the seal of this number. */
  add(seal: Seal): Promise<boolean>
}

const LOCK_TIMEOUT = '200ms'

export const auditTrail = (db: Kysely<Database>): AuditTrail => ({
  settled: async () => {
    // Whoever inserts holds ROW EXCLUSIVE from before it draws a sequence number until it has committed.
    await later(db, sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`)
    await later(db, sql`lock table audit_event in share mode`)
    const { rows } = await sql<{ readonly seq: number | null }>`select max(seq) as seq from audit_event`.execute(db)
    return rows[0]?.seq ?? 0
  },
  rows: async ({ after, upTo, most }) => {
    const { rows } = await sql<Row>`
      select seq, id, client_id, disclosure_id, kind, outcome, recorded_at, encode(sha256(payload), 'hex') as payload_hash
      from audit_event where (${after}::bigint = 0 or seq > ${after}) and seq <= ${upTo} order by seq limit ${most}`.execute(
      db,
    )
    return rows.map((row) => ({
      seq: row.seq,
      id: row.id,
      clientId: row.client_id ?? undefined,
      disclosureId: row.disclosure_id ?? undefined,
      kind: row.kind,
      outcome: row.outcome,
      recordedAt: row.recorded_at,
      payloadHash: row.payload_hash,
    }))
  },
  countAfter: async (seq) => {
    const { rows } = await sql<{ readonly many: number }>`
      select count(*)::int as many from audit_event where seq > ${seq}`.execute(db)
    return rows[0]?.many ?? 0
  },
  lastSeal: async () => {
    const row = await db
      .selectFrom('audit_seal')
      .select(['number', 'up_to_seq', 'hash'])
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row && { number: row.number, upTo: row.up_to_seq, hash: row.hash }
  },
  sealFrom: async (number) => {
    const row = await db
      .selectFrom('audit_seal')
      .selectAll()
      .where('number', '>=', number)
      .orderBy('number')
      .limit(1)
      .executeTakeFirst()
    return row && toSeal(row)
  },
  add: async ({ number, after, upTo, sealedAt, previous, leaves, hash }) => {
    const made = await db
      .insertInto('audit_seal')
      .values({
        number,
        after_seq: after,
        up_to_seq: upTo,
        sealed_at: sealedAt,
        previous,
        leaves: JSON.stringify(leaves),
        hash,
      })
      .onConflict((conflict) => conflict.column('number').doNothing())
      .returning('number')
      .executeTakeFirst()
    return made !== undefined
  },
})

type Row = Pick<Selectable<Database['audit_event']>, 'seq' | 'id' | 'client_id' | 'disclosure_id'> &
  Pick<Selectable<Database['audit_event']>, 'kind' | 'outcome' | 'recorded_at'> & { readonly payload_hash: string }

const toSeal = (row: Selectable<Database['audit_seal']>): Seal => ({
  number: row.number,
  after: row.after_seq,
  upTo: row.up_to_seq,
  sealedAt: row.sealed_at,
  previous: row.previous,
  leaves: row.leaves,
  hash: row.hash,
})
