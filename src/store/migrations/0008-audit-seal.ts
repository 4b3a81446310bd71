import { type Kysely, sql } from 'kysely'

/**
 * Seals over the audit (`audit/audit-seal.ts`), and a guard against changing either by mistake. The guard is no protection
 * against who may alter tables: the seals are there to show what such a person did.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const appendOnly = (table: string): string =>
  `create trigger ${table}_append_only before update or delete or truncate on ${table}
     for each statement execute function refuse_change()`

const statements = [
  `create table audit_seal (
     number bigint primary key, after_seq bigint not null, up_to_seq bigint not null, sealed_at bigint not null,
     previous text not null, leaves jsonb not null, hash text not null)`,
  `create function refuse_change() returns trigger language plpgsql as
     $$ begin raise exception 'rows of % are never changed', tg_table_name; end $$`,
  appendOnly('audit_event'),
  appendOnly('audit_seal'),
]
