/** SHA-256, hexadecimal. */
export type Sha256 = (bytes: Uint8Array) => string

/** A row of the audit as it stands in the store. */
export type AuditRow = {
  readonly seq: number
  readonly id: string
  readonly clientId: string | undefined
  readonly disclosureId: string | undefined
  readonly kind: string
  readonly outcome: string
  readonly recordedAt: number
  /** SHA-256 of the payload's bytes as stored, hexadecimal. */
  readonly payloadHash: string
}

export type Leaf = { readonly id: string; readonly hash: string }

/**
 * Vouches for the rows behind `after` up to `upTo`, none of which was still being written when it was made, and through
 * `previous` for every seal before it. A seal kept elsewhere vouches for all of them.
 */
export type Seal = {
  /** 1, 2, 3 … */
  readonly number: number
  /** Sequence numbers of rows. */
  readonly after: number
  readonly upTo: number
  /** Epoch milliseconds. */
  readonly sealedAt: number
  /** Hash of the seal before; of the first one, `GENESIS`. */
  readonly previous: string
  /** One a row, in their order. */
  readonly leaves: readonly Leaf[]
  readonly hash: string
}

/** Before the first seal, which covers what stands before it whatever its number: rows get numbers above 0. */
export const GENESIS = { number: 0, upTo: 0, hash: '0'.repeat(64) } as const

export type SealHead = Pick<Seal, 'number' | 'upTo' | 'hash'>

/** @param rows all behind the previous seal, in order; at least one. */
export const sealOf = (previous: SealHead, rows: readonly AuditRow[], sealedAt: number, sha256: Sha256): Seal => {
  const unsigned = {
    number: previous.number + 1,
    after: previous.upTo,
    upTo: rows.at(-1)?.seq ?? previous.upTo,
    sealedAt,
    previous: previous.hash,
    leaves: rows.map((row) => ({ id: row.id, hash: leafHash(row, sha256) })),
  }
  return { ...unsigned, hash: hashOf(unsigned, sha256) }
}

/** What was done to the audit after it was sealed. Ids of audit events only. */
export type Tampering = {
  readonly what: 'altered' | 'missing' | 'inserted' | 'seal-altered' | 'seal-missing'
  readonly seal: number
  readonly id: string | undefined
}

/**
 * @param rows all that stand in the seal's range now, in order
 * @returns the first thing that is not as it was sealed
 */
export const findTampering = (
  seal: Seal,
  previous: SealHead,
  rows: readonly AuditRow[],
  sha256: Sha256,
): Tampering | undefined => {
  const { number } = seal
  if (number !== previous.number + 1) return { what: 'seal-missing', seal: previous.number + 1, id: undefined }
  if (seal.previous !== previous.hash || seal.after !== previous.upTo || seal.hash !== hashOf(seal, sha256)) {
    return { what: 'seal-altered', seal: number, id: undefined }
  }
  const sealed = new Set(seal.leaves.map(({ id }) => id))
  const present = new Set(rows.map(({ id }) => id))
  for (let at = 0; at < Math.max(rows.length, seal.leaves.length); at += 1) {
    const [row, leaf] = [rows[at], seal.leaves[at]]
    if (row !== undefined && !sealed.has(row.id)) return { what: 'inserted', seal: number, id: row.id }
    if (leaf !== undefined && !present.has(leaf.id)) return { what: 'missing', seal: number, id: leaf.id }
    // Rows that have changed places carry each other's sequence number.
    if (row?.id !== leaf?.id || (row && leafHash(row, sha256) !== leaf?.hash)) {
      return { what: 'altered', seal: number, id: leaf?.id ?? row?.id }
    }
  }
  return undefined
}

const leafHash = (row: AuditRow, sha256: Sha256): string => {
  const { seq, id, clientId = null, disclosureId = null, kind, outcome, recordedAt, payloadHash } = row
  return hashed(sha256, 'leaf', [seq, id, clientId, disclosureId, kind, outcome, recordedAt, payloadHash])
}

const hashOf = (seal: Omit<Seal, 'hash'>, sha256: Sha256): string => {
  const { number, after, upTo, sealedAt, previous, leaves } = seal
  return hashed(sha256, 'seal', [number, after, upTo, sealedAt, previous, leaves.map(({ id, hash }) => [id, hash])])
}

/** The kind in front, so that no leaf can pass for a seal. */
const hashed = (sha256: Sha256, kind: 'leaf' | 'seal', values: readonly unknown[]): string =>
  sha256(new TextEncoder().encode(`${kind} ${JSON.stringify(values)}`))
