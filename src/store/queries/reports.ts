import type { Kysely } from 'kysely'
import type { Database } from '../schema.ts'
import { type Disclosure, toDisclosure } from './disclosure-row.ts'
import type { ClientEvent } from './consents.ts'

/** What became of what was sent: for its sender, and for the client. */
export type Reports = {
  /** Oldest first, from behind `after`. */
  ofSender(sender: string, filter: SenderFilter): Promise<readonly Disclosure[]>
  /** The newest ones, oldest first. */
  ofClient(clientId: string, most: number): Promise<readonly Disclosure[]>
  consentEventsOf(clientId: string): Promise<readonly ClientEvent[]>
  /** One thing that reached a party, by its id. */
  toldTo(recipient: string, id: string): Promise<Disclosure | undefined>
  /** Parties that were told anything about a client: who is to learn that permissions changed. */
  toldParties(clientId: string): Promise<readonly string[]>
  /** For operators and tests; newest last. */
  auditEvents(clientId: string): Promise<readonly { readonly kind: string; readonly payload: Uint8Array }[]>
}

export type SenderFilter = {
  readonly clientId?: string | undefined
  readonly after?: { readonly at: number; readonly id: string } | undefined
  readonly most: number
}

export const reports = (db: Kysely<Database>): Reports => ({
  ofSender: async (sender, { clientId, after, most }) => {
    let query = db
      .selectFrom('disclosure')
      .selectAll()
      .where('sender', '=', sender)
      .where('kind', '=', 'update')
      .orderBy('created_at')
      .orderBy('id')
      .limit(most)
    if (clientId !== undefined) query = query.where('client_id', '=', clientId)
    if (after !== undefined) {
      query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '>', tuple(after.at, after.id)))
    }
    return (await query.execute()).map(toDisclosure)
  },
  ofClient: async (clientId, most) => {
    const rows = await db
      .selectFrom('disclosure')
      .selectAll()
      .where('client_id', '=', clientId)
      .where('kind', '=', 'update')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(most)
      .execute()
    return rows.map(toDisclosure).reverse()
  },
  consentEventsOf: async (clientId) => {
    const rows = await db
      .selectFrom('client_event')
      .selectAll()
      .where('client_id', '=', clientId)
      .orderBy('at')
      .execute()
    return rows.map((row) => ({ ...row, clientId: row.client_id }))
  },
  toldTo: async (recipient, id) => {
    const row = await db
      .selectFrom('disclosure')
      .selectAll()
      .where('id', '=', id)
      .where('recipient', '=', recipient)
      .where('sent_at', 'is not', null)
      .executeTakeFirst()
    return row === undefined ? undefined : toDisclosure(row)
  },
  toldParties: async (clientId) => {
    const rows = await db
      .selectFrom('disclosure')
      .select('recipient')
      .distinct()
      .where('client_id', '=', clientId)
      .where('kind', '=', 'update')
      .where('sent_at', 'is not', null)
      .execute()
    return rows.map(({ recipient }) => recipient)
  },
  auditEvents: (clientId) =>
    db.selectFrom('audit_event').select(['kind', 'payload']).where('client_id', '=', clientId).orderBy('seq').execute(),
})
