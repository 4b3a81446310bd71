import { type RawBuilder, sql } from 'kysely'

/**
 * Locks clients' rows in id order. Row locks are not fair: whoever shares a row is joined by others ahead of a withdrawal
 * that waits for it, for as long as news about the client keeps coming. So everybody who waits comes through a turnstile
 * first, an advisory lock that PostgreSQL gives out in the order in which it was asked for, kept until the commit.
 *
 * @param ids a `uuid[]`, the same expression wherever it stands. @param columns what is returned of each row.
 */
export const lockClients = <Row>(
  ids: RawBuilder<unknown>,
  mode: 'share' | 'update',
  columns: RawBuilder<unknown>,
): RawBuilder<Row> => {
  const rows = sql`
    select ${columns} from client where id = any(${ids}) and (select count(*) from turn) >= 0 order by id`
  const asked = sql`(select hashtextextended(id::text, 0) as key from unnest(${ids}) as of(id) order by id) k`
  return mode === 'share'
    ? sql<Row>`with turn as materialized (select pg_advisory_xact_lock_shared(key) from ${asked}) ${rows} for share`
    : sql<Row>`with turn as materialized (select pg_advisory_xact_lock(key) from ${asked}) ${rows} for update`
}
