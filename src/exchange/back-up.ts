import { operationEntry } from '../audit/operation-event.ts'
import type { Manifest } from '../store/backup/backup-format.ts'
import { auditParty } from '../audit/audit-subject.ts'
import type { Exchange } from './exchange.ts'
import type { Operator } from './operate-relay.ts'

/** @param at epoch milliseconds. @returns the file on the gateway's machine, and what it holds: counts and hashes. */
export type WriteBackup = (at: number) => Promise<{ readonly file: string; readonly tables: Manifest['tables'] }>

/** Writes a backup; first into the audit, so that it tells of itself and no copy is made that is not in it. */
export const backUp = async (exchange: Exchange, { party, requestId }: Operator, write: WriteBackup) => {
  const at = exchange.now()
  const entry = operationEntry(exchange.newId(), 'backed-up', at, {
    gateway: exchange.gateway,
    operator: auditParty(party),
    backup: new Date(at).toISOString(),
    client: undefined,
    disclosure: undefined,
    requestId,
  })
  await exchange.store.transaction((tx) => tx.audit([entry]))
  return write(at)
}
