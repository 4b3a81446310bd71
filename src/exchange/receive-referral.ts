import type { Patient, ServiceRequest, Task } from '@medplum/fhirtypes'
import type { Standing } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import type { Update } from '../domain/update.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { identityUpdate } from '../fhir/read/patient.ts'
import { readReferral } from '../fhir/read/referral.ts'
import { pointsTo } from '../fhir/references.ts'
import { notify } from './aftermath.ts'
import { factsOf } from './facts.ts'
import { type Rejection, reject } from './submission.ts'
import type { Telling } from './weigh.ts'
import { type Directory, partyBehind, type ResolvedEntry, type Work } from './work.ts'

export type ReferralTellings = {
  readonly outcome: 'referral'
  readonly performer: Party
  /** Identity first: a team learns who, then what for; each is decided on its own category. */
  readonly tellings: readonly Telling[]
}

/** A referral to IPS coaching: names the team, stands or is revoked, and tells identity and the referral itself. */
export const receiveReferral = async (
  work: Work,
  entry: ResolvedEntry & { readonly resource: ServiceRequest },
  directory: Directory,
  place: { readonly clientId: string; readonly patientId: string; readonly task: ResolvedEntry | undefined },
): Promise<ReferralTellings | Rejection> => {
  const { caller, tx } = work
  const { clientId, task } = place
  if (caller.kind !== 'care-organisation') {
    return reject(403, [ruleIssue(entry.path, 'only the care side refers a client', 'sender-not-entitled')])
  }
  const referral = readReferral(entry.resource, entry.path, work.exchange.policy.zone, task?.id)
  if (referral.outcome === 'invalid') return reject(422, referral.issues)
  const performer = partyBehind(work, directory, referral.value.performer)
  if (performer?.kind !== 'ips-team') {
    const text = 'this names no IPS team of this gateway: refer to an Organization with the identifier of the team'
    return reject(422, [ruleIssue(`${entry.path}.performer[0]`, text, 'sender-unknown-recipient')])
  }
  const { live, update } = referral.value
  await tx.careTeams.putReferral({
    serviceRequestId: entry.id,
    taskId: task?.id,
    clientId,
    sender: caller.id,
    performer: performer.id,
    live,
  })
  if (!live) {
    // Revoked: what has not arrived does not arrive any more, and a team that knows of it learns that it has changed.
    await tx.outbox.supersede(entry.id, work.at)
    const told = await tx.reports.toldParties(clientId)
    if (entry.entry.method === 'update' && told.includes(performer.id)) {
      await notify(work, clientId, [performer], 'referral-state-changed')
    }
    return { outcome: 'referral', performer, tellings: [] }
  }
  const patient = directory.find(`Patient/${place.patientId}`)?.resource
  return { outcome: 'referral', performer, tellings: tellingsOf(work, { request: entry, clientId, patient, update }) }
}

/** What a referral tells: who, when the sender's record of her is at hand, and what for. */
export const tellingsOf = (
  { caller, exchange }: Work,
  referral: {
    readonly request: Pick<ResolvedEntry, 'id' | 'type' | 'resource'>
    readonly clientId: string
    readonly patient: unknown
    readonly update: Update
  },
): readonly Telling[] => {
  const { request, clientId, patient, update } = referral
  const telling = (one: Update): Telling => ({
    clientId,
    sender: caller,
    resourceId: request.id,
    source: `ServiceRequest/${request.id}`,
    update: one,
    facts: factsOf(request, one, clientId, exchange.policy.zone),
    validUntil: undefined,
    urgent: false,
  })
  return [...(isPatient(patient) ? [telling(identityUpdate(patient))] : []), telling(update)]
}

/** The Task of the same Bundle whose focus is this referral. */
export const taskOf = (referralId: string, entries: readonly ResolvedEntry[]): ResolvedEntry | undefined =>
  entries.find(({ resource }) => isTask(resource) && pointsTo(resource.focus?.reference, 'ServiceRequest', referralId))

/** The standing with a referral just made, which is not read back from the store for it. */
export const withReferral = (standing: Standing, sender: Party, performer: Party): Standing => ({
  ...standing,
  referrals: [...standing.referrals, { sender: sender.id, performer: performer.id, live: true }],
})

const isTask = (resource: unknown): resource is Task => typeOf(resource) === 'Task'

const isPatient = (resource: unknown): resource is Patient => typeOf(resource) === 'Patient'

const typeOf = (resource: unknown): unknown =>
  typeof resource === 'object' && resource !== null && 'resourceType' in resource ? resource.resourceType : undefined
