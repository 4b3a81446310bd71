import type { Patient } from '@medplum/fhirtypes'
import { decideDisclosure, type Standing } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import type { RefusalReason } from '../domain/refusal.ts'
import { readPatient } from '../fhir/read/patient.ts'
import { questionOf, type Telling, type Verdict } from './weigh.ts'
import type { Work } from './work.ts'

/**
 * Verdicts with the reasons their sender may hear.
 *
 * INVARIANT (no oracle): a deny or a death that another party recorded refuses all the same and stands in the audit, but
 * the sender is given the reason that follows from what it recorded itself, as for somebody nobody else knows. Only when
 * its own records alone would permit does it hear that something else forbids: there is no other true answer left.
 */
export const sayable = async (
  work: Work,
  telling: Telling,
  standing: Standing,
  verdicts: readonly Verdict[],
): Promise<readonly Verdict[]> => {
  if (!verdicts.some(({ decision }) => decision.outcome === 'deny' && isTelltale(decision.reason))) return verdicts
  const own = await ownStanding(work, telling.sender, standing)
  return verdicts.map((verdict): Verdict => {
    const { decision, recipient } = verdict
    if (decision.outcome === 'permit' || !isTelltale(decision.reason)) return verdict
    const said = decideDisclosure(questionOf(telling, recipient), own, work.at, work.exchange.policy)
    return said.outcome === 'permit' ? verdict : { ...verdict, decision: { ...decision, reason: said.reason } }
  })
}

/** Reasons that may rest on what somebody else recorded. */
export const isTelltale = (reason: RefusalReason): boolean =>
  reason === 'denied' || reason === 'indeterminate' || reason === 'client-deceased'

/** What would be known of a client if nobody but this party had recorded anything. */
export const ownStanding = async ({ tx, newClients }: Work, { id }: Party, standing: Standing): Promise<Standing> => {
  const { client } = standing
  if (newClients.has(client.id)) return standing
  const recorded = new Set(await tx.consents.recordedBy(id, client.id))
  const link = (await tx.clients.linksOfClient(client.id)).find(({ party }) => party === id)
  const [stored] = link === undefined ? [] : await tx.resources.read([link.patientId])
  return {
    ...standing,
    client: { ...client, deceased: client.deceased && saysDeceased(stored?.resource) },
    consents: standing.consents.filter((consent) => recorded.has(consent.id)),
  }
}

const saysDeceased = (resource: unknown): boolean => {
  if (resource === undefined) return false
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the record behind a link was stored as a Patient
  const facts = readPatient(resource as Patient, 'Patient')
  return facts.outcome === 'read' && facts.value.deceased
}
