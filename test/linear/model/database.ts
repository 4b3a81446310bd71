import type { ItemRow, Rows, Table } from './rows.ts'

/**
 * A database in memory, as far as the gateway's transactions can tell it from PostgreSQL at READ COMMITTED: a statement
 * sees what has committed when it starts and what its own transaction wrote; a written row stays locked until the
 * transaction ends; rows are locked `for share` or `for update`, and whoever cannot waits or skips.
 */
export type Database = {
  begin(owner: string, now: number): Tx
  /** As `tx` sees it now; without one, what has committed. */
  read<T extends Table>(tx: Tx | undefined, table: T, id: string): Rows[T] | undefined
  all<T extends Table>(tx: Tx | undefined, table: T): readonly Rows[T][]
  /** @returns the transactions that stand in the way; empty: it is locked. */
  lock(tx: Tx, want: Want): readonly Tx[]
  isFree(tx: Tx, want: Want): boolean
  /** Of a row that is locked `for update`, or new. */
  write<T extends Table>(tx: Tx, table: T, id: string, row: Rows[T]): void
  commit(tx: Tx): readonly Written[]
  rollback(tx: Tx): void
}

export type Tx = {
  readonly owner: string
  readonly began: number
  readonly touched: Cell[]
  /** How often each client's permissions had been narrowed when this transaction read what it decides on. */
  readonly saw: Map<string, number>
  /** Clients of whom it starts a sending or lets somebody read. */
  readonly disclosed: Set<string>
  /** Items whose sending it starts. */
  readonly started: ItemRow[]
  /** Lanes of the webhook that it queues to. */
  readonly queued: Set<string>
  /** Clients whose permissions it narrows. */
  readonly narrowed: Set<string>
  /** Clients of whom nothing forbidden is to be waiting once this has committed. */
  readonly withdrawn: Set<string>
}
export type Want = { readonly table: Table; readonly id: string; readonly mode: 'share' | 'update' }
export type Written = { readonly table: Table; readonly before: unknown; readonly after: unknown }

type Cell = {
  readonly table: Table
  committed: unknown
  pending: unknown
  holder: Tx | undefined
  sharers: readonly Tx[]
}

const NOBODY: readonly Tx[] = []

export const createDatabase = (): Database => {
  const tables = new Map<Table, Map<string, Cell>>()
  const tableOf = (table: Table): Map<string, Cell> => {
    const known = tables.get(table)
    if (known !== undefined) return known
    const made = new Map<string, Cell>()
    tables.set(table, made)
    return made
  }
  const cellOf = (table: Table, id: string): Cell => {
    const cells = tableOf(table)
    const known = cells.get(id)
    if (known !== undefined) return known
    const made: Cell = { table, committed: undefined, pending: undefined, holder: undefined, sharers: NOBODY }
    cells.set(id, made)
    return made
  }
  const seenBy = (tx: Tx | undefined, cell: Cell): unknown =>
    tx !== undefined && cell.holder === tx && cell.pending !== undefined ? cell.pending : cell.committed
  const inTheWay = (tx: Tx, cell: Cell, mode: Want['mode']): readonly Tx[] => {
    if (cell.holder === tx) return NOBODY
    if (cell.holder !== undefined) return [cell.holder]
    return mode === 'share' ? NOBODY : cell.sharers.filter((one) => one !== tx)
  }
  const take = (tx: Tx, cell: Cell, mode: Want['mode']): void => {
    if (cell.holder === tx || (mode === 'share' && cell.sharers.includes(tx))) return
    if (mode === 'update') cell.holder = tx
    else cell.sharers = [...cell.sharers, tx]
    tx.touched.push(cell)
  }
  const end = (tx: Tx): void => {
    for (const cell of tx.touched) {
      if (cell.holder === tx) {
        cell.holder = undefined
        cell.pending = undefined
      }
      if (cell.sharers.length > 0) cell.sharers = cell.sharers.filter((one) => one !== tx)
    }
    tx.touched.length = 0
  }
  return {
    begin: (owner, now) => ({
      owner,
      began: now,
      touched: [],
      saw: new Map(),
      disclosed: new Set(),
      started: [],
      queued: new Set(),
      narrowed: new Set(),
      withdrawn: new Set(),
    }),
    read: <T extends Table>(tx: Tx | undefined, table: T, id: string) =>
      seenBy(tx, cellOf(table, id)) as Rows[T] | undefined,
    all: <T extends Table>(tx: Tx | undefined, table: T) => {
      const rows: Rows[T][] = []
      for (const cell of tableOf(table).values()) {
        const row = seenBy(tx, cell)
        if (row !== undefined) rows.push(row as Rows[T])
      }
      return rows
    },
    isFree: (tx, { table, id, mode }) => inTheWay(tx, cellOf(table, id), mode).length === 0,
    lock: (tx, { table, id, mode }) => {
      const cell = cellOf(table, id)
      const others = inTheWay(tx, cell, mode)
      if (others.length === 0) take(tx, cell, mode)
      return others
    },
    write: (tx, table, id, row) => {
      const cell = cellOf(table, id)
      if (inTheWay(tx, cell, 'update').length > 0) throw new Error(`${table} ${id} is written without its lock`)
      take(tx, cell, 'update')
      cell.pending = row
    },
    commit: (tx) => {
      const written: Written[] = []
      for (const cell of tx.touched) {
        if (cell.holder !== tx || cell.pending === undefined) continue
        written.push({ table: cell.table, before: cell.committed, after: cell.pending })
        cell.committed = cell.pending
        cell.pending = undefined
      }
      end(tx)
      return written
    },
    rollback: (tx) => {
      end(tx)
    },
  }
}
