import { type Kysely, sql } from 'kysely'
import { decodePayload, encodePayload } from '../codec.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'

/** Messages a party sent, by the pseudonym of their ids, with what they were answered. */
export type Messages = {
  /**
   * Takes a message on. A second one with the same key waits until the first one's transaction has ended.
   * @returns false when it has an answer already; one that was taken on and never answered may be taken on again.
   */
  claim(message: MessageKey & { readonly digest: string; readonly at: number }): Promise<boolean>
  answer(message: MessageKey, answer: unknown): Promise<void>
  answered(message: MessageKey): Promise<{ readonly digest: string; readonly answer: unknown } | undefined>
}

export type MessageKey = { readonly party: string; readonly key: string }

export const messages = (db: Kysely<Database>): Messages => ({
  claim: async ({ party, key, digest, at }) => {
    await later(db, db.deleteFrom('message').where('created_at', '<', at - KEPT_MS))
    const { rows } = await sql`
      insert into message (party, key, digest, created_at) values (${party}, ${key}, ${digest}, ${at})
      on conflict (party, key) do update set digest = excluded.digest, created_at = excluded.created_at
        where message.answer is null
      returning key`.execute(db)
    return rows.length === 1
  },
  answer: async ({ party, key }, answer) => {
    const kept = { answer: encodePayload(answer) }
    await later(db, db.updateTable('message').set(kept).where('party', '=', party).where('key', '=', key))
  },
  answered: async ({ party, key }) => {
    const row = await db
      .selectFrom('message')
      .select(['digest', 'answer'])
      .where('party', '=', party)
      .where('key', '=', key)
      .executeTakeFirst()
    if (row === undefined || row.answer === null) return undefined
    return { digest: row.digest, answer: decodePayload(row.answer) }
  },
})

/** Thirty days: nobody sends the same message again later than that, and an answer is of no other use. */
const KEPT_MS = 30 * 86_400_000
