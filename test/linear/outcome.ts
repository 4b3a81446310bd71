import type { TestStore } from '../support/stores.ts'
import type { Case } from './meetings.ts'
import type { ItemRow } from './model/rows.ts'

/** One item as the model and the tables both tell of it. */
export type Outcome = {
  readonly endpoint: string
  readonly position: number
  readonly what: string
  readonly state: string
  readonly number: number | undefined
  readonly attempts: number
  readonly isSent: boolean
  readonly maybeReceived: boolean
}

export const modelItems = (items: readonly ItemRow[]): readonly Outcome[] =>
  items
    .toSorted((one, other) => one.endpoint.localeCompare(other.endpoint) || one.position - other.position)
    .map((item) => ({
      endpoint: item.endpoint,
      position: item.position,
      what: item.kind === 'notice' ? 'notice' : item.category,
      state: item.state,
      number: item.number,
      attempts: item.attempts,
      isSent: item.sentAt !== undefined,
      maybeReceived: item.maybeReceived,
    }))

/** The numbers of the inbox, which all clients share, count from what stood in it before this one. */
export const realItems = async ({ rows }: TestStore, { lane, before }: Case): Promise<readonly Outcome[]> => {
  const found = await rows(
    `select endpoint, position, kind, category, state, delivery_number, attempts, sent_at, maybe_received
     from disclosure where client_id = $1 and endpoint in ('team-inbox', 'team-webhook') order by endpoint, position`,
    [lane.clientId],
  )
  return found.map((row) => {
    const endpoint = String(row['endpoint']).replace('team-', '')
    const number = row['delivery_number'] ?? undefined
    return {
      endpoint,
      position: row['position'],
      what: row['kind'] === 'notice' ? 'notice' : row['category'] === 'identity' ? 'referral' : row['category'],
      state: row['state'],
      number: number === undefined || endpoint === 'webhook' ? number : number - before,
      attempts: row['attempts'],
      isSent: row['sent_at'] !== null,
      maybeReceived: row['maybe_received'],
    }
  })
}
