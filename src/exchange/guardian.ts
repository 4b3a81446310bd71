import type { Performer, Provision } from '../consent/consent-record.ts'
import type { Withdrawal } from '../consent/narrow.ts'
import { orderCovers } from '../consent/evidence.ts'
import { parseInformationCode } from '../domain/information.ts'
import { identifierIdentity, type Identifier } from '../domain/identity.ts'
import type { StoredConsent } from '../store/queries/consents.ts'

/**
 * Whether a recorded order lets a guardian take this back of a consent.
 *
 * @param recorded consents whose recorded orders count: those of the caller, for nobody vouches for another.
 */
export const mayWithdraw = (
  { guardian, what, at }: { readonly guardian: Identifier; readonly what: Withdrawal; readonly at: number },
  recorded: readonly StoredConsent[],
  { record }: StoredConsent,
): boolean => {
  const name = identifierIdentity(guardian)
  const orders = recorded.flatMap(({ record: { performers } }) =>
    performers.filter(({ names }) => names.includes(name)),
  )
  const matters = what === 'everything' ? mattersOf(record.provision) : [what.category]
  return orders.some((order) => matters.every((matter) => orderCovers(order, matter, at)))
}

/**
 * Matters a guardian's signature permits beyond her order, which it could never open (rule 5): categories, and undefined
 * for a permit of everything.
 */
export const beyondOrders = (
  performers: readonly Performer[],
  provision: Provision | undefined,
  at: number,
): readonly (string | undefined)[] =>
  mattersOf(provision).filter((matter) => !performers.some((one) => orderCovers(one, matter, at)))

/** Categories a provision permits; undefined where it permits without naming any. */
const mattersOf = (
  provision: Provision | undefined,
  outer: Provision['codes'] = [],
): readonly (string | undefined)[] => {
  if (provision === undefined) return []
  const codes = provision.codes.length > 0 ? provision.codes : outer
  const own = codes.length === 0 ? [undefined] : codes.map(({ code }) => parseInformationCode(code)?.category)
  return [
    ...(provision.type === 'permit' ? own : []),
    ...provision.provisions.flatMap((child) => mattersOf(child, codes)),
  ]
}
