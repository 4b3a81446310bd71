import type { Consent, Patient } from '@medplum/fhirtypes'
import type { ConsentRecord } from '../consent/consent-record.ts'
import type { Standing } from '../consent/decide-disclosure.ts'
import { localDate } from '../consent/period.ts'
import type { DataFacts } from '../consent/request.ts'
import { termOf } from '../consent/term.ts'
import { ACT_CODE_SYSTEM, CONFIDENTIALITY_SYSTEM } from '../domain/codes.ts'
import { clientIdentity } from '../domain/identity.ts'
import type { Party } from '../domain/party.ts'
import { sampleUpdates } from '../domain/sample-updates.ts'
import type { Update } from '../domain/update.ts'
import { readConsent } from '../fhir/read/consent.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { identityUpdate, readPatient } from '../fhir/read/patient.ts'
import { isUpdateSource } from '../fhir/read/update.ts'
import type { Exchange } from './exchange.ts'
import { type Preview, previewsOf } from './preview-levels.ts'
import { type Resolved, resolveEntries } from './resolve-entries.ts'
import { type Entry, type Rejection, reject } from './submission.ts'
import { eventsOf } from './tell-events.ts'
import { namesOf, type ResolvedEntry, type Work } from './work.ts'

export type Previewed = { readonly outcome: 'previewed'; readonly previews: readonly Preview[] } | Rejection

/**
 * Exactly what a recipient would read under a consent that nobody has signed yet, from the engine that decides on every
 * sending: as if this form were signed and checked, and no other consent existed. Nothing is kept.
 *
 * INVARIANT (no oracle): nothing is looked at but the draft and what the caller sent and recorded itself.
 *
 * @param entries one Consent in any status, and optionally news that it would be about; without any, invented news of
 * every kind.
 */
export const previewConsent = async (
  exchange: Exchange,
  caller: Party,
  entries: readonly Entry[],
): Promise<Previewed> =>
  exchange.store.transaction(
    async (tx): Promise<Previewed> => {
      const work: Work = { exchange, tx, caller, at: exchange.now(), requestId: undefined, newClients: new Map() }
      const resolved = await resolveEntries(work, entries)
      if (resolved.outcome === 'rejected') return resolved
      const [draft, ...others] = resolved.entries.filter(isConsent)
      if (draft === undefined || others.length > 0) return reject(422, [oneConsent])
      const patientId = draft.resource.patient && resolved.directory.patientId(draft.resource.patient)
      const patient = patientId === undefined ? undefined : resolved.directory.find(`Patient/${patientId}`)?.resource
      if (patient === undefined) return reject(422, [unknownClient(draft.path)])
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the directory finds a Patient under this name
      return previewFor(work, resolved, draft, patient as Patient)
    },
    () => false,
  )

type Draft = ResolvedEntry & { readonly resource: Consent }

const isConsent = (entry: ResolvedEntry): entry is Draft => entry.type === 'Consent'

/** A name for the client inside this preview; no client that is stored is looked at. */
const CLIENT = 'preview'

const previewFor = async (work: Work, resolved: Resolved, draft: Draft, patient: Patient): Promise<Previewed> => {
  const facts = readPatient(patient, 'Patient')
  if (facts.outcome === 'invalid') return reject(422, facts.issues)
  const { birthDate, deceased, nonDisclosure } = facts.value
  const consent = asIfSigned(work, resolved, draft)
  const client = { id: CLIENT, birthDate, deceased, nonDisclosure }
  const standing: Standing = { client, consents: [consent], members: [], referrals: [] }
  const at = Math.max(work.at, termOf(consent)?.from ?? work.at)
  const news = await newsOf(work, resolved, standing)
  if ('outcome' in news) return news
  const day = localDate(at, work.exchange.policy.zone)
  const told =
    news.length > 0
      ? news
      : [identityUpdate(patient), ...sampleUpdates(day)].map((update) => ({ update, facts: sampleFacts(work) }))
  return {
    outcome: 'previewed',
    previews: previewsOf(work.exchange, { standing, consent, at, caller: work.caller }, told),
  }
}

const asIfSigned = ({ exchange }: Work, { directory }: Resolved, { resource, id, version }: Draft): ConsentRecord => {
  const { zone, ownPolicyUris } = exchange.policy
  const record = readConsent(resource, {
    id: `Consent/${id}`,
    version: String(version),
    zone,
    evidence: 'verified',
    patients: [clientIdentity(CLIENT)],
    nameOf: namesOf(directory),
  })
  return {
    ...record,
    status: 'active',
    hasDateTime: true,
    performers: record.performers.length > 0 ? record.performers : [{ kind: 'client', names: [], covers: 'all' }],
    policyUris: record.policyUris.length > 0 ? record.policyUris : ownPolicyUris,
    verifications: [{ verified: true, by: [], strongSignature: true }],
  }
}

type News = { readonly update: Update; readonly facts: DataFacts }

/** The news sent along, about the client of the draft. */
const newsOf = async (work: Work, resolved: Resolved, standing: Standing): Promise<readonly News[] | Rejection> => {
  const entries = resolved.entries.filter(({ resource }) => isUpdateSource(resource))
  const clientOf = new Map(entries.map((entry) => [entry, CLIENT]))
  const events = await eventsOf(work, entries, { ...resolved, clientOf, standings: new Map([[CLIENT, standing]]) })
  return 'outcome' in events ? events : events.map(({ telling: { update, facts } }) => ({ update, facts }))
}

/** Invented news carries the labels that the caller's news is stamped with. */
const sampleFacts = ({ caller }: Work): DataFacts => ({
  names: [],
  classes: ['Communication'],
  codes: [],
  labels:
    caller.labels === undefined
      ? []
      : [
          { system: CONFIDENTIALITY_SYSTEM, code: caller.labels.confidentiality },
          ...caller.labels.sensitivity.map((code) => ({ system: ACT_CODE_SYSTEM, code })),
        ],
  patients: [clientIdentity(CLIENT)],
  refersTo: [],
  authors: [],
  clinicalDate: undefined,
})

const oneConsent = ruleIssue(
  'input',
  'send one Consent, alone or with news it would be about',
  'sender-invalid-request',
)

const unknownClient = (path: string) =>
  ({
    severity: 'error',
    code: 'not-found',
    expression: `${path}.patient`,
    diagnostics: 'this names none of your clients here: post the Patient first',
    error: 'sender-unknown-client',
  }) as const
