import type { Patient } from '@medplum/fhirtypes'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import { type PatientFacts, readPatient } from '../fhir/read/patient.ts'
import { flag, linkOf, ownKeys, sharedKeys, speaksOfDeath } from './link-client.ts'
import { type Rejection, reject } from './submission.ts'
import type { ResolvedEntry, Work } from './work.ts'

type PatientEntry = ResolvedEntry & { readonly resource: Patient }

/**
 * A new version of a party's own patient record. @returns how what may be told has changed; undefined when it has not, as
 * with a new phone number, so that nobody is told of changed permissions.
 */
export const changePatient = async (
  work: Work,
  entry: PatientEntry,
  clientId: string,
  stored: unknown,
): Promise<Rejection | 'granted' | 'narrowed' | undefined> => {
  const now = readPatient(entry.resource, entry.path)
  if (now.outcome === 'invalid') return reject(422, now.issues)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stored Patient was parsed as one before it was stored
  const before = readPatient(stored as Patient, entry.path)
  const old = before.outcome === 'read' ? before.value : undefined
  const issue = await keepIdentity(work, { entry, clientId, old, now: now.value })
  if (issue !== undefined) return reject(422, [issue])
  await work.tx.clients.link(linkOf(work, now.value, { patientId: entry.id, clientId, state: 'linked' }))
  noteDeath(work, entry)
  if (await flag(work, clientId, now.value)) return 'narrowed'
  const takenBack = old?.deceased === true && !now.value.deceased && (await undoDeath(work, entry.id, clientId))
  return takenBack ? 'granted' : undefined
}

/** A death told by somebody who has no say in it is kept with the record and stops nothing; the sender hears that. */
export const noteDeath = ({ caller }: Work, { resource, path, notes }: PatientEntry): void => {
  if (speaksOfDeath(caller) || (resource.deceasedBoolean !== true && resource.deceasedDateTime === undefined)) return
  notes.push({
    severity: 'warning',
    code: 'informational',
    expression: `${path}.deceased`,
    diagnostics: 'kept, and nothing stops for it: the care side says when a client has died, so tell the care team',
    error: 'gateway-death-not-heeded',
  })
}

type Change = {
  readonly entry: PatientEntry
  readonly clientId: string
  readonly old: PatientFacts | undefined
  readonly now: PatientFacts
}

/**
 * INVARIANT (a record stays with its person): consents, teams and everything told hang on the client behind a record, so
 * an update never changes the code that made the link. A first code is added to the link; when it is somebody else's
 * already, a person looks at it, and the caller gets the same answer either way.
 */
const keepIdentity = async (work: Work, { entry, clientId, old, now }: Change): Promise<OutcomeIssue | undefined> => {
  const { tx, caller, exchange, at } = work
  const [codesBefore, codes] = [old === undefined ? [] : sharedKeys(work, old), sharedKeys(work, now)]
  const same = codes.length === codesBefore.length && codes.every((key) => codesBefore.includes(key))
  if (codesBefore.length > 0 && !same) return identityIssue(work, entry, codesBefore)
  const [namesBefore, names] = [old === undefined ? [] : ownKeys(work, old), ownKeys(work, now)]
  const added = [...codes, ...names].filter((key) => !codesBefore.includes(key) && !namesBefore.includes(key))
  const known = await tx.clients.byIdentifierKeys(added)
  if (known.some((one) => one.clientId !== clientId)) {
    const reason = 'identifiers-of-two-clients'
    await tx.clients.quarantine({ id: exchange.newId(), party: caller.id, patientId: entry.id, reason, at })
  }
  await tx.clients.addIdentifierKeys(
    clientId,
    added.filter((key) => !known.some((one) => one.key === key)),
  )
  await tx.clients.dropIdentifierKeys(
    clientId,
    namesBefore.filter((key) => !names.includes(key)),
  )
  return undefined
}

const identityIssue = (work: Work, { resource, path }: PatientEntry, codes: readonly string[]): OutcomeIssue => {
  const { linkingSystems, pseudonyms } = work.exchange
  const index = (resource.identifier ?? []).findIndex(
    ({ system = '', value = '' }) =>
      linkingSystems.includes(system) && !codes.includes(pseudonyms.identifier({ system, value }, undefined)),
  )
  return ruleIssue(
    index < 0 ? `${path}.identifier` : `${path}.identifier[${index}].value`,
    'an update cannot change or remove the code by which a Patient is known: leave it, and post another person as a new Patient',
    'sender-identity-changed',
  )
}

/** The care side takes back its own word; a death that another of its organisations states still counts. */
const undoDeath = async ({ tx, caller, exchange }: Work, patientId: string, clientId: string): Promise<boolean> => {
  if (!speaksOfDeath(caller)) return false
  const others = (await tx.clients.linksOfClient(clientId)).filter((link) => {
    const party = exchange.parties.byId(link.party)
    return link.patientId !== patientId && party !== undefined && speaksOfDeath(party)
  })
  for (const { resource } of await tx.resources.read(others.map((link) => link.patientId))) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the record behind a link was stored as a Patient
    const facts = readPatient(resource as Patient, 'Patient')
    if (facts.outcome === 'invalid' || facts.value.deceased) return false
  }
  await tx.clients.undoDeath(clientId)
  return true
}
