import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Store, Transaction } from '../../src/store/store.ts'

/**
 * Keeps a FHIR resource that the gateway gave away, for `npm run conformance` to judge, in the folder that the environment
 * variable `IPS_EMITTED` names; without it nothing is kept. Of resources that differ in ids and times only, one is kept.
 */
export const recordEmitted = (resource: unknown): void => {
  const folder = process.env['IPS_EMITTED']
  if (folder === undefined || !isResource(resource)) return
  mkdirSync(folder, { recursive: true })
  const text = JSON.stringify(resource)
  const kind = createHash('sha256').update(withoutIdsAndTimes(text)).digest('hex').slice(0, 16)
  writeFileSync(join(folder, `${resource.resourceType}-${kind}.json`), text)
}

/** A store that also records the audit events it writes: they are emitted, if only to an officer. */
export const recordingAudit = (store: Store): Store =>
  process.env['IPS_EMITTED'] === undefined
    ? store
    : { ...store, transaction: (work, keeps) => store.transaction((tx) => work(recordedBy(tx)), keeps) }

const recordedBy = (tx: Transaction): Transaction => ({
  ...tx,
  audit: async (entries) => {
    for (const { event } of entries) recordEmitted(event)
    return tx.audit(entries)
  },
})

const isResource = (value: unknown): value is { readonly resourceType: string } =>
  typeof value === 'object' && value !== null && 'resourceType' in value && typeof value.resourceType === 'string'

const withoutIdsAndTimes = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'id')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[0-9:.]+(Z|[+-]\d{2}:\d{2})/g, 'time')
    .replaceAll(/_history\/\d+|W\/\\"\d+\\"|"versionId":"\d+"/g, 'version')
