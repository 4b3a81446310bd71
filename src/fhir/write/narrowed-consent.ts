import type { Consent, ConsentProvision, Extension } from '@medplum/fhirtypes'
import { type Edits, nestedPath, type Narrowing, type Withdrawal } from '../../consent/narrow.ts'
import { CONSENT_WITHDRAWAL_EXTENSION, INFORMATION_SYSTEM } from '../../domain/codes.ts'
import type { Identifier } from '../../domain/identity.ts'

/** Whose word a withdrawal is, who heard it, when (epoch milliseconds), and what it takes back. */
export type WithdrawalNote = {
  /** The client's own reference, or the guardian's identifier. */
  readonly saidBy: { readonly reference: string } | { readonly identifier: Identifier }
  readonly heardBy: Identifier | undefined
  readonly at: number
  readonly what: Withdrawal
}

/**
 * The next version of a Consent that something was taken back of: the narrowed provisions, or `inactive` with the
 * provisions as they were signed; and whose word it was.
 */
export const writeNarrowed = (
  consent: Consent,
  narrowing: Exclude<Narrowing, { readonly outcome: 'unchanged' }>,
  version: number,
  note: WithdrawalNote,
): Consent => {
  const { provision, ...rest } = consent
  const left =
    narrowing.outcome === 'ended' || provision === undefined ? [provision] : edited(provision, narrowing.edits)
  return {
    ...rest,
    ...(narrowing.outcome === 'ended' && { status: 'inactive' as const }),
    meta: { ...consent.meta, versionId: String(version), lastUpdated: new Date(note.at).toISOString() },
    extension: [...(consent.extension ?? []), withdrawalExtension(note)],
    ...(left[0] !== undefined && { provision: left[0] }),
  }
}

const edited = (node: ConsentProvision, edits: Edits, path = 'provision'): readonly ConsentProvision[] => {
  const change = edits.get(path)
  if (change === 'drop') return []
  const nested = (node.provision ?? []).flatMap((child, index) => edited(child, edits, nestedPath(path, index)))
  const { provision: _old, ...own } = node
  const rest = { ...own, ...(nested.length > 0 && { provision: nested }) }
  if (change === undefined) return [rest]
  if (change === 'deny') return [{ ...rest, type: 'deny' }]
  const code = change.map(({ system, code: word }) => ({
    coding: [{ ...(system !== undefined && { system }), code: word }],
  }))
  return [{ ...rest, code }]
}

const withdrawalExtension = ({ saidBy, heardBy, at, what }: WithdrawalNote): Extension => ({
  url: CONSENT_WITHDRAWAL_EXTENSION,
  extension: [
    { url: 'said-by', valueReference: saidBy },
    ...(heardBy === undefined ? [] : [{ url: 'heard-by', valueReference: { identifier: heardBy } }]),
    { url: 'at', valueDateTime: new Date(at).toISOString() },
    ...(what === 'everything' ? [] : matterOf(what)),
  ],
})

const matterOf = ({ category, keep }: Exclude<Withdrawal, 'everything'>): readonly Extension[] => {
  const coded = (url: string, code: string): Extension => ({ url, valueCoding: { system: INFORMATION_SYSTEM, code } })
  return [coded('category', category), ...(keep === undefined ? [] : [coded('keep', `${category}.${keep}`)])]
}
