import { type Kysely, sql } from 'kysely'

/**
 * What stands about an endpoint, shared by every process that pushes to it. Only adds: a build that does not know it
 * works on beside one that does, without stopping for what stands here.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table endpoint_state (
     endpoint text primary key, paused_at bigint, disabled_at bigint, failures integer not null default 0,
     opened_at bigint, openings integer not null default 0, retry_at bigint)`,
  `alter table lane add column parked boolean not null default false`,
  `create index lane_parked on lane (endpoint) where parked`,
]
