import type { Party } from '../domain/party.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { ruleIssue } from '../fhir/read/issues.ts'
import type { PatientFacts } from '../fhir/read/patient.ts'
import type { Client, PatientLink } from '../store/queries/clients.ts'
import type { Work } from './work.ts'

export type Linked =
  | { readonly outcome: 'linked'; readonly patientId: string; readonly clientId: string }
  | { readonly outcome: 'rejected'; readonly status: 409 | 422; readonly issue: OutcomeIssue }

type KnownKey = { readonly key: string; readonly clientId: string }

/**
 * Links a party's new patient record to a client inside, by assigning authority + identifier, never the bare value.
 *
 * INVARIANT (no oracle): what the caller is told depends on its own records alone. A contradiction with *another*
 * party's record is quarantined without a word: the record is kept apart and a person looks at it, because any other
 * answer would tell the caller whether somebody is a client of psychiatry.
 *
 * @param place.taken Patient ids that this submission has linked already.
 * @param place.known clients with these identifiers, when they have been looked up.
 */
export const linkPatient = async (
  work: Work,
  facts: PatientFacts,
  place: {
    readonly newId: string
    readonly path: string
    readonly taken: ReadonlyMap<string, string>
    readonly known: readonly KnownKey[] | undefined
  },
): Promise<Linked> => {
  const { tx, caller } = work
  const { newId, path, taken, known: lookedUp } = place
  const [shared, own] = [sharedKeys(work, facts), ownKeys(work, facts)]
  const found = lookedUp ?? (await tx.clients.byIdentifierKeys([...shared, ...own]))
  const mine = found.filter(({ key }) => own.includes(key))
  const second = await secondOfOwn(work, facts, mine, path)
  if (second !== undefined) return second

  const clientIds = [...new Set(found.map(({ clientId }) => clientId))]
  if (clientIds.length > 1) return keepApart(work, facts, { newId, own }, 'identifiers-of-two-clients')
  const [clientId = work.exchange.newId()] = clientIds
  const { client, links } = await meet(work, clientId)
  if (client === undefined) return makeClient(work, facts, { patientId: newId, clientId }, [...shared, ...own])
  if (links.some((link) => contradicts(work, link, facts))) {
    return keepApart(work, facts, { newId, own }, 'name-or-birth-date-contradicts')
  }
  const named = links.find(({ party }) => party === caller.id)
  if (named !== undefined && (taken.has(named.patientId) || (await isStored(work, named)))) {
    return keepApart(work, facts, { newId, own }, 'second-record-of-one-client')
  }
  const known = new Set(found.map(({ key }) => key))
  await tx.clients.addIdentifierKeys(
    clientId,
    [...shared, ...own].filter((key) => !known.has(key)),
  )
  // The gateway may have named this client to the party before the party had a record of its own: the name stays.
  const patientId = named?.patientId ?? newId
  await tx.clients.link(linkOf(work, facts, { patientId, clientId, state: 'linked' }))
  await raiseFlags(work, client, facts)
  return { outcome: 'linked', patientId, clientId }
}

/**
 * Locks a client and reads her records.
 *
 * INVARIANT (lock order): before anything that refers to her is written. Such a row locks her for share, and two parties
 * that record one person at the same moment would each wait for the other's share to be given up.
 *
 * INVARIANT (no oracle): of a person nobody knows the same is asked, under an id that nobody has yet. Otherwise the answer
 * would come sooner, and a submission refused for something else could ask as often as it takes to tell.
 */
const meet = async ({ tx }: Work, clientId: string) => {
  const [[client], links] = await Promise.all([
    tx.clients.lock([clientId], 'update'),
    tx.clients.linksOfClient(clientId),
  ])
  return { client, links }
}

/** The caller has a record under one of these identifiers already, linked or kept apart. */
const secondOfOwn = async (
  work: Work,
  facts: PatientFacts,
  mine: readonly { readonly clientId: string }[],
  path: string,
): Promise<Linked | undefined> => {
  for (const clientId of new Set(mine.map((one) => one.clientId))) {
    const links = await work.tx.clients.linksOfClient(clientId)
    const link = links.find(({ party }) => party === work.caller.id)
    if (link === undefined || !(await isStored(work, link))) continue
    if (await appearedMeanwhile(work, facts))
      throw Object.assign(new Error('the Patient came meanwhile'), { code: '40001' })
    return contradicts(work, link, facts)
      ? { outcome: 'rejected', status: 422, issue: contradiction(path) }
      : { outcome: 'rejected', status: 409, issue: duplicate(path) }
  }
  return undefined
}

/**
 * The same conditional create, committed by somebody else after this one had looked: the transaction starts over and
 * finds it, instead of calling a repeat a duplicate.
 */
const appearedMeanwhile = async ({ tx, caller, exchange }: Work, { identifiers }: PatientFacts): Promise<boolean> => {
  const keys = identifiers.map((one) => exchange.pseudonyms.identifier(one, `${caller.id} Patient`))
  return (await tx.resources.ofParty(caller.id, keys, [])).length > 0
}

const isStored = async ({ tx }: Work, { patientId }: PatientLink): Promise<boolean> =>
  (await tx.resources.read([patientId])).length > 0

const keepApart = async (
  work: Work,
  facts: PatientFacts,
  { newId, own }: { readonly newId: string; readonly own: readonly string[] },
  reason: string,
): Promise<Linked> => {
  const { tx, caller, exchange, at } = work
  const place = { patientId: newId, clientId: exchange.newId() }
  const apart = await makeClient(work, facts, place, own, 'quarantined')
  await tx.clients.quarantine({ id: exchange.newId(), party: caller.id, patientId: newId, reason, at })
  return apart
}

const makeClient = async (
  work: Work,
  facts: PatientFacts,
  { patientId, clientId }: { readonly patientId: string; readonly clientId: string },
  keys: readonly string[],
  state: PatientLink['state'] = 'linked',
): Promise<Linked> => {
  const { tx, at } = work
  const { birthDate, nonDisclosure } = facts
  const deceased = facts.deceased && speaksOfDeath(work.caller)
  const client = { id: clientId, birthDate, deceased, nonDisclosure }
  await tx.clients.create({ ...client, createdAt: at }, keys, linkOf(work, facts, { patientId, clientId, state }))
  work.newClients.set(clientId, { client, consents: [], members: [] })
  return { outcome: 'linked', patientId, clientId }
}

/** Death stops everything, so it takes the word of those who care for the client. */
export const speaksOfDeath = ({ kind }: Party): boolean => kind === 'care-organisation'

/**
 * Death and age count for everybody and at once. So does safety non-disclosure, whoever tells of it, and no update takes
 * it away: R4 has a server keep the labels that an update leaves out, and doubt protects (`lift-non-disclosure.ts`). @returns whether any is new.
 */
export const flag = async (work: Work, clientId: string, facts: PatientFacts): Promise<boolean> => {
  const deceased = facts.deceased && speaksOfDeath(work.caller)
  if (!deceased && !facts.nonDisclosure && facts.birthDate === undefined) return false
  const [client] = await work.tx.clients.lock([clientId], 'update')
  return client === undefined ? false : raiseFlags(work, client, facts)
}

/** The same of a client who is locked already. */
const raiseFlags = async ({ tx, caller }: Work, client: Client, facts: PatientFacts): Promise<boolean> => {
  const deceased = facts.deceased && speaksOfDeath(caller)
  const isNew =
    (deceased && !client.deceased) ||
    (facts.nonDisclosure && !client.nonDisclosure) ||
    (facts.birthDate !== undefined && client.birthDate === undefined)
  if (isNew) await tx.clients.setFlags(client.id, { ...facts, deceased })
  return isNew
}

/** All keys under which a client may be known by these facts. */
export const patientKeys = (work: Work, facts: PatientFacts): readonly string[] => [
  ...sharedKeys(work, facts),
  ...ownKeys(work, facts),
]

/** Of identifiers that are the same everywhere. */
export const sharedKeys = ({ exchange }: Work, { identifiers }: PatientFacts): readonly string[] => [
  ...new Set(
    identifiers
      .filter(({ system }) => exchange.linkingSystems.includes(system))
      .map((identifier) => exchange.pseudonyms.identifier(identifier, undefined)),
  ),
]

/** Of all identifiers, scoped to the caller: a hospital's own numbering, temporary ones, and which shared ones it used. */
export const ownKeys = ({ exchange, caller }: Work, { identifiers }: PatientFacts): readonly string[] => [
  ...new Set(identifiers.map((identifier) => exchange.pseudonyms.identifier(identifier, caller.id))),
]

export const linkOf = (
  { caller, exchange }: Work,
  facts: PatientFacts,
  link: Pick<PatientLink, 'patientId' | 'clientId' | 'state'>,
): PatientLink => ({
  ...link,
  party: caller.id,
  birthDate: facts.birthDate,
  familyKey: facts.family === undefined ? undefined : exchange.pseudonyms.name(facts.family),
  givenKey: facts.given === undefined ? undefined : exchange.pseudonyms.name(facts.given),
})

/** Another birth date, or another family *and* another given name: one name alone changes at a marriage. */
const contradicts = (work: Work, link: PatientLink, facts: PatientFacts): boolean => {
  const other = linkOf(work, facts, link)
  const differs = (one: string | undefined, two: string | undefined): boolean =>
    one !== undefined && two !== undefined && one !== two
  return (
    differs(link.birthDate, other.birthDate) ||
    (differs(link.familyKey, other.familyKey) && differs(link.givenKey, other.givenKey))
  )
}

const contradiction = (path: string): OutcomeIssue =>
  ruleIssue(
    `${path}.identifier`,
    'an identifier of this Patient belongs to another Patient of yours with another name or birth date: correct it',
    'sender-identity-contradiction',
  )

const duplicate = (path: string): OutcomeIssue => ({
  severity: 'error',
  code: 'duplicate',
  expression: `${path}.identifier`,
  diagnostics: 'you have a Patient with this identifier already: refer to it, or use a conditional create',
  error: 'sender-duplicate',
})
