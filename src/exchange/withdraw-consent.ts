import { narrow, type Withdrawal } from '../consent/narrow.ts'
import { partyIdentities } from '../consent/decide-disclosure.ts'
import type { Identifier } from '../domain/identity.ts'
import type { Party } from '../domain/party.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { writeNarrowed } from '../fhir/write/narrowed-consent.ts'
import type { StoredConsent } from '../store/queries/consents.ts'
import { notify } from './aftermath.ts'
import { namesParty } from './asked.ts'
import type { Exchange } from './exchange.ts'
import { mayWithdraw } from './guardian.ts'
import { putNextVersion } from './next-consent.ts'
import { type Rejection, reject } from './submission.ts'
import { afterChanges } from './submit.ts'
import type { Work } from './work.ts'

export type WithdrawalAsked = {
  /** Id of the caller's own Patient. */
  readonly patientId: string
  /** Id of one Consent; left out, all of the client's in which the caller has a part. */
  readonly consentId: string | undefined
  readonly what: Withdrawal
  /** Left out, it is the client's own word. */
  readonly guardian: Identifier | undefined
}

/** `consents`: the new versions of those the caller recorded itself; the client's portal sees them all. */
export type Withdrawn = { readonly outcome: 'withdrawn'; readonly consents: readonly string[] }

/**
 * Takes a consent back, or one category of it, on the word of the client or her guardian: at once, without a form, by
 * whoever she tells it to: a nurse, a coach, or her own portal. Nothing decided before can start sending afterwards.
 *
 * INVARIANT (no oracle): the answer depends on the caller's own consents alone, whatever else there was to withdraw.
 *
 * @returns undefined when the client, or the Consent, is none of the caller's own.
 */
export const withdrawConsent = async (
  exchange: Exchange,
  caller: Party,
  asked: WithdrawalAsked,
  requestId: string | undefined,
): Promise<Withdrawn | Rejection | undefined> => {
  if (!hearsClients.includes(caller.kind)) return reject(403, [notEntitled])
  return exchange.store.transaction(async (tx) => {
    const work: Work = { exchange, tx, caller, at: exchange.now(), requestId, newClients: new Map() }
    const [link] = await tx.clients.linksOfParty(caller.id, [asked.patientId])
    if (link === undefined) return undefined
    await tx.clients.hold([link.clientId], 'update')
    const stored = await tx.consents.storedOf(link.clientId)
    const known = stored.filter((one) => isKnown(work, one))
    if (asked.consentId !== undefined && !known.some(({ id }) => id === asked.consentId)) return undefined
    const theirs = stored.filter((one) =>
      asked.consentId === undefined ? isPartOf(work, one) : one.id === asked.consentId,
    )
    const { guardian, what } = asked
    const isCovered = (one: StoredConsent): boolean =>
      guardian === undefined || mayWithdraw({ guardian, what, at: work.at }, known, one)
    const own = theirs.filter((one) => isKnown(work, one))
    if (own.length === 0 && guardian !== undefined) return reject(422, [orderTooNarrow])
    if (!own.every(isCovered)) return reject(422, [orderTooNarrow])
    return withdrawAll(work, { asked, clientId: link.clientId, theirs: theirs.filter(isCovered) })
  })
}

const hearsClients: readonly Party['kind'][] = ['care-organisation', 'ips-team', 'client-portal']

/** Of whose existence the answer may tell. */
const isKnown = ({ caller }: Work, { party }: StoredConsent): boolean =>
  caller.kind === 'client-portal' || party === caller.id

const isPartOf = (work: Work, consent: StoredConsent): boolean =>
  isKnown(work, consent) || namesParty(consent.record.provision, partyIdentities(work.caller))

type Withdrawing = {
  readonly asked: WithdrawalAsked
  readonly clientId: string
  readonly theirs: readonly StoredConsent[]
}

const withdrawAll = async (work: Work, { asked, clientId, theirs }: Withdrawing): Promise<Withdrawn> => {
  const { tx } = work
  const changed: StoredConsent[] = []
  for (const consent of theirs) {
    const next = await withdrawOne(work, consent, asked)
    if (next !== undefined) changed.push(next)
  }
  if (changed.length > 0) {
    const standings = await tx.standings.of([clientId])
    await afterChanges(work, new Map([[clientId, 'narrowed']]), standings)
    await tellRecorders(work, clientId, changed)
  }
  const consents = changed
    .filter((one) => isKnown(work, one))
    .map(({ id, version }) => `Consent/${id}/_history/${version}`)
  return { outcome: 'withdrawn', consents }
}

/** @returns its new version; undefined when it opens nothing of what is taken back. */
const withdrawOne = async (
  work: Work,
  consent: StoredConsent,
  { patientId, what, guardian }: WithdrawalAsked,
): Promise<StoredConsent | undefined> => {
  const { exchange, caller, at } = work
  const narrowing = narrow(consent.record, what, exchange.policy.ownPolicyUris)
  if (narrowing.outcome === 'unchanged') return undefined
  const isWhole = narrowing.outcome === 'ended' || what === 'everything'
  const heardBy = caller.kind === 'client-portal' ? undefined : caller.identifiers[0]
  return putNextVersion(work, consent, {
    kind: isWhole ? 'consent-withdrawn' : 'consent-changed',
    record: narrowing.outcome === 'ended' ? { status: 'inactive' } : { provision: narrowing.provision },
    resource: (before, version) => {
      const client = { reference: before.patient?.reference ?? `Patient/${patientId}` }
      const saidBy = guardian === undefined ? client : { identifier: guardian }
      return writeNarrowed(before, narrowing, version, { saidBy, heardBy, at, what })
    },
  })
}

/** Whoever recorded the consent holds the paper, and must not go on believing in it. */
const tellRecorders = async (work: Work, clientId: string, changed: readonly StoredConsent[]): Promise<void> => {
  const { tx, exchange, caller } = work
  const told = await tx.reports.toldParties(clientId)
  const recorders = [...new Set(changed.map(({ party }) => party))]
    .filter((party) => party !== caller.id && !told.includes(party))
    .flatMap((party) => exchange.parties.byId(party) ?? [])
  await notify(work, clientId, recorders, 'permissions-changed')
}

const notEntitled = ruleIssue(
  'client',
  'a withdrawal is written down by the care side, the IPS team or the client herself: tell one of them',
  'sender-not-entitled',
)
const orderTooNarrow = ruleIssue(
  'guardian',
  'no order you recorded lets this guardian decide on this now: record the order with a consent, or ask the client',
  'sender-guardian-not-entitled',
)
