import { operationEntry } from '../audit/operation-event.ts'
import type { Restore } from '../store/queries/restores.ts'
import type { Store } from '../store/store.ts'
import { auditParty } from '../audit/audit-subject.ts'
import type { Exchange } from './exchange.ts'
import type { Operator } from './operate-relay.ts'

/**
 * A restored store does not know what was withdrawn since its backup was taken, so it would send it. Until an operator
 * says that this has been entered again, nobody is told anything.
 */
export type Hold = {
  isHeld(): boolean
  /** Resolves once nothing is held, or when it is stopped before. */
  readonly over: Promise<'released' | 'stopped'>
  stop(): void
}

/**
 * Looks once when nothing is held: a store cannot be restored while a gateway has it open. While it is held, looks again
 * and again, because the release may come through another process.
 */
export const watchHold = async (store: Store, report: (error: unknown) => void, everyMs = 1000): Promise<Hold> => {
  const { promise: over, resolve } = Promise.withResolvers<'released' | 'stopped'>()
  let held = (await restoreOf(store)) !== undefined
  const look = async (): Promise<void> => {
    held = (await restoreOf(store)) !== undefined
    if (!held) end('released')
  }
  const timer = setInterval(() => void look().catch(report), everyMs)
  timer.unref()
  const end = (how: 'released' | 'stopped'): void => {
    clearInterval(timer)
    resolve(how)
  }
  if (!held) end('released')
  return { isHeld: () => held, over, stop: () => end('stopped') }
}

/** @returns the restore behind which this store is held. */
export const restoreOf = (store: Store): Promise<Restore | undefined> =>
  store.transaction((tx) => tx.restores.unreleased())

/** Lets every process tell again; in the audit. @returns false when nothing is held. */
export const releaseHold = (exchange: Exchange, { party, requestId }: Operator): Promise<boolean> =>
  exchange.store.transaction(async (tx) => {
    const restore = await tx.restores.unreleased()
    if (restore === undefined) return false
    const at = exchange.now()
    await tx.restores.release(at)
    await tx.audit([
      operationEntry(exchange.newId(), 'released', at, {
        gateway: exchange.gateway,
        operator: auditParty(party),
        backup: new Date(restore.backupAt).toISOString(),
        client: undefined,
        disclosure: undefined,
        requestId,
      }),
    ])
    return true
  })
