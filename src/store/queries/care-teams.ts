import type { Kysely } from 'kysely'
import { insertRows } from '../insert-rows.ts'
import { later } from '../later.ts'
import type { Database } from '../schema.ts'
import { tables } from '../tables.ts'

/** Who is round a client now: members of current care teams, and the team a live referral was sent to. */
export type CareTeams = {
  /** @param team.isNew spares looking for what a new team cannot have. */
  replace(team: Team, members: readonly Membership[]): Promise<void>
  referralOfTask(taskId: string): Promise<Referral | undefined>
  referralOf(serviceRequestId: string): Promise<Referral | undefined>
  putReferral(referral: Referral): Promise<void>
}

export type Team = { readonly id: string; readonly clientId: string; readonly isNew: boolean }
/** Half-open epoch milliseconds; undefined = without that bound. */
export type Membership = {
  readonly party: string
  readonly from: number | undefined
  readonly until: number | undefined
}
export type Referral = {
  readonly serviceRequestId: string
  readonly taskId: string | undefined
  readonly clientId: string
  readonly sender: string
  readonly performer: string
  readonly live: boolean
}

export const careTeams = (db: Kysely<Database>): CareTeams => ({
  replace: async ({ id, clientId, isNew }, members) => {
    if (!isNew) await later(db, db.deleteFrom('care_team_member').where('care_team_id', '=', id))
    const rows = members.map(({ party, from, until }) => ({
      care_team_id: id,
      client_id: clientId,
      party,
      from_at: from,
      until_at: until,
    }))
    await insertRows(db, { into: tables.careTeamMember, rows })
  },
  referralOfTask: async (taskId) => {
    const row = await db.selectFrom('referral').selectAll().where('task_id', '=', taskId).executeTakeFirst()
    return row === undefined ? undefined : toReferral(row)
  },
  referralOf: async (serviceRequestId) => {
    const row = await db
      .selectFrom('referral')
      .selectAll()
      .where('service_request_id', '=', serviceRequestId)
      .executeTakeFirst()
    return row === undefined ? undefined : toReferral(row)
  },
  putReferral: ({ serviceRequestId, taskId, clientId, sender, performer, live }) => {
    const row = { service_request_id: serviceRequestId, task_id: taskId, client_id: clientId, sender, performer, live }
    return insertRows(db, { into: tables.referral, rows: [row] })
  },
})

export const toReferral = (row: Database['referral']): Referral => ({
  serviceRequestId: row.service_request_id,
  taskId: row.task_id ?? undefined,
  clientId: row.client_id,
  sender: row.sender,
  performer: row.performer,
  live: row.live,
})
