import { findTampering, GENESIS, type SealHead, type Tampering } from '../audit/audit-seal.ts'
import type { Exchange } from './exchange.ts'

export type Verified = {
  /** The first thing found; nothing behind it is vouched for. */
  readonly tampering: Tampering | undefined
  /** The newest seal that is as it was; keep it elsewhere, and give it to the next verification. */
  readonly head: Pick<SealHead, 'number' | 'hash'>
  readonly sealedRows: number
  /** Rows so new that no seal covers them; what is done to these is not seen. */
  readonly unsealedRows: number
}

/**
 * Compares the audit with its seals, from the first one on.
 *
 * @param kept a seal that was kept where nobody who can write to the store can reach it. Without one, who can write to the
 *   store could seal anew whatever she has altered.
 */
export const verifyAudit = async (
  { store, sha256 }: Pick<Exchange, 'store' | 'sha256'>,
  kept?: Pick<SealHead, 'number' | 'hash'>,
): Promise<Verified> => {
  let head: SealHead = GENESIS
  let sealedRows = 0
  for (;;) {
    const before = head
    const next = await store.transaction(async (tx) => {
      const seal = await tx.auditTrail.sealFrom(before.number + 1)
      if (seal === undefined) return undefined
      const range = { after: before.upTo, upTo: seal.upTo, most: seal.leaves.length + 1 }
      return { seal, tampering: findTampering(seal, before, await tx.auditTrail.rows(range), sha256) }
    })
    const isOther = next?.seal.number === kept?.number && next?.seal.hash !== kept?.hash
    const tampering = next?.tampering ?? (next && isOther ? ofSeal('seal-altered', next.seal.number) : undefined)
    if (next === undefined || tampering !== undefined) {
      const isCutOff = kept !== undefined && tampering === undefined && head.number < kept.number
      const unsealedRows = await store.transaction((tx) => tx.auditTrail.countAfter(before.upTo))
      return {
        tampering: isCutOff ? ofSeal('seal-missing', head.number + 1) : tampering,
        head: { number: head.number, hash: head.hash },
        sealedRows,
        unsealedRows,
      }
    }
    head = next.seal
    sealedRows += next.seal.leaves.length
  }
}

const ofSeal = (what: Tampering['what'], seal: number): Tampering => ({ what, seal, id: undefined })
