import { GENESIS, type Seal, sealOf } from '../audit/audit-seal.ts'
import type { Exchange } from './exchange.ts'

/** Rows a seal covers at most; each takes some 120 bytes of it. */
const ROWS_A_SEAL = 1000

/**
 * Seals what has been audited since the last seal. Outside of what it seals, so that nobody who is answered waits for a
 * chain; two processes that seal at once meet at the number of the seal, and the later one looks again.
 *
 * @returns the newest seal it has made; undefined when there was nothing to seal, or no quiet moment.
 */
export const sealAudit = async (exchange: Pick<Exchange, 'store' | 'sha256' | 'now'>): Promise<Seal | undefined> => {
  const upTo = await exchange.store.transaction((tx) => tx.auditTrail.settled()).catch(noQuietMoment)
  let newest: Seal | undefined
  for (;;) {
    const next = await sealNext(exchange, upTo)
    if (next === undefined) return newest
    if (next.isMade) newest = next.seal
  }
}

const sealNext = ({ store, sha256, now }: Pick<Exchange, 'store' | 'sha256' | 'now'>, upTo: number) =>
  store.transaction(async (tx) => {
    const previous = (await tx.auditTrail.lastSeal()) ?? GENESIS
    const rows = await tx.auditTrail.rows({ after: previous.upTo, upTo, most: ROWS_A_SEAL })
    if (rows.length === 0) return undefined
    const seal = sealOf(previous, rows, now(), sha256)
    return { seal, isMade: await tx.auditTrail.add(seal) }
  })

const noQuietMoment = (error: unknown): number => {
  if (error instanceof Error && 'code' in error && error.code === '55P03') return 0
  throw error
}
