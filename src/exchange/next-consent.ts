import type { Consent } from '@medplum/fhirtypes'
import type { ConsentRecord } from '../consent/consent-record.ts'
import type { ConsentEventKind } from '../domain/log-entry.ts'
import type { StoredConsent } from '../store/queries/consents.ts'
import type { Work } from './work.ts'

/** How the gateway itself changes a Consent, as resource and as the engine reads it. */
export type ConsentEdit = {
  readonly kind: ConsentEventKind
  readonly record: Partial<Pick<ConsentRecord, 'status' | 'provision'>>
  resource(before: Consent, version: number): Consent
}

/**
 * Writes the next version of a recorded Consent, whoever recorded it, with a line in the client's log. Call under the
 * client's `update` lock. @returns undefined when its resource is not there any more.
 */
export const putNextVersion = async (
  { tx, exchange, caller, at }: Work,
  consent: StoredConsent,
  { kind, record, resource }: ConsentEdit,
): Promise<StoredConsent | undefined> => {
  const [stored] = await tx.resources.read([consent.id])
  if (stored === undefined) return undefined
  const version = stored.version + 1
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stored Consent was parsed as one before it was stored
  const next = resource(stored.resource as Consent, version)
  if (!(await tx.resources.replace({ ...stored, version, updatedAt: at, resource: next })))
    throw Object.assign(new Error('the resource changed meanwhile'), { code: '40001' })
  const changed = { ...consent, version, record: { ...consent.record, ...record, version: String(version) } }
  await tx.consents.put(changed, {
    id: exchange.newId(),
    clientId: consent.clientId,
    kind,
    consent: `Consent/${consent.id}/_history/${version}`,
    party: caller.id,
    at,
  })
  return changed
}
