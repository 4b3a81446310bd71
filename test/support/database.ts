import type { TestStore } from './stores.ts'

/** Names of all tables of the gateway. */
export const tablesOf = async ({ rows }: TestStore): Promise<readonly string[]> =>
  (
    await rows(
      `select table_name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE' order by table_name`,
    )
  ).map((row) => String(row['table_name']))

/** How many rows each table has. */
export const countRows = async (opened: TestStore): Promise<Readonly<Record<string, number>>> => {
  const tables = await tablesOf(opened)
  const each = tables.map((table) => `select '${table}' as name, count(*)::int as many from "${table}"`)
  const rows = await opened.rows(each.join(' union all '))
  return Object.fromEntries(rows.map((row) => [String(row['name']), Number(row['many'])]))
}

/** Tables in which a text stands anywhere: in any column of any type, plain or as the bytes of a payload. */
export const tablesWith = async (opened: TestStore, text: string): Promise<readonly string[]> => {
  const bytes = Buffer.from(text, 'utf8').toString('hex')
  const tables = await tablesOf(opened)
  const each = tables.map(
    (table) =>
      `select '${table}' as name where exists
         (select 1 from "${table}" t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0)`,
  )
  const rows = await opened.rows(each.join(' union all '), [text, bytes])
  return rows.map((row) => String(row['name'])).toSorted()
}
