import type { Meta, Patient } from '@medplum/fhirtypes'
import { FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE } from '../domain/codes.ts'
import type { Party } from '../domain/party.ts'
import { isProtected } from '../fhir/read/patient.ts'
import type { StoredResource } from '../store/queries/resources.ts'
import type { Transaction } from '../store/store.ts'
import type { Exchange } from './exchange.ts'

/**
 * Takes safety non-disclosure off the caller's own record of a client, as an act of its own: leaving the label out of an
 * update never does. Whoever said it may unsay it, and she is protected for as long as anybody's record says so.
 *
 * INVARIANT (no oracle): the answer is the same whether somebody else's record still protects her or not.
 *
 * @returns `meta` of the record as it stands now; undefined when the Patient is none of the caller's own.
 */
export const liftNonDisclosure = async (
  exchange: Exchange,
  caller: Party,
  patientId: string,
): Promise<Meta | undefined> =>
  exchange.store.transaction(async (tx) => {
    const [link] = await tx.clients.linksOfParty(caller.id, [patientId])
    if (link === undefined) return undefined
    await tx.clients.hold([link.clientId], 'update')
    const [stored] = await tx.resources.read([patientId])
    if (stored === undefined) return undefined
    const patient = patientIn(stored.resource)
    if (!isProtected(patient)) return patient.meta ?? {}
    const others = (await tx.clients.linksOfClient(link.clientId)).filter((one) => one.patientId !== patientId)
    const theirs = await tx.resources.read(others.map((one) => one.patientId))
    const next = withoutLabel(patient, stored.version + 1, exchange.now())
    await replace(tx, stored, next, exchange.now())
    if (!theirs.some(({ resource }) => isProtected(patientIn(resource))))
      await tx.clients.liftNonDisclosure(link.clientId)
    return next.meta
  })

const withoutLabel = (patient: Patient, version: number, at: number): Patient & { readonly meta: Meta } => {
  const { security = [], ...rest } = patient.meta ?? {}
  const left = security.filter(({ system, code }) => system !== FINNISH_LABEL_SYSTEM || code !== NON_DISCLOSURE_CODE)
  const stamp = { versionId: String(version), lastUpdated: new Date(at).toISOString() }
  return { ...patient, meta: { ...rest, ...stamp, ...(left.length > 0 && { security: left }) } }
}

const replace = async (tx: Transaction, stored: StoredResource, resource: Patient, at: number): Promise<void> => {
  const next = { ...stored, version: stored.version + 1, updatedAt: at, resource }
  if (!(await tx.resources.replace(next)))
    throw Object.assign(new Error('the resource changed meanwhile'), { code: '40001' })
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the record behind a link was stored as a Patient
const patientIn = (resource: unknown): Patient => resource as Patient
