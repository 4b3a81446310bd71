import type { Party } from '../domain/party.ts'
import type { Exchange } from './exchange.ts'
import type { ReadResource } from './read-context.ts'
import { readResource } from './read-resource.ts'
import { isUuid } from './uuid.ts'

/**
 * Versions of one resource as the caller may see them (R4 vread, history): all of its own; of what others let it see
 * only what it may read now, for an earlier version may say what the client does not permit any more.
 */
export const readVersions = async (
  exchange: Exchange,
  caller: Party,
  type: string,
  id: string,
): Promise<readonly ReadResource[]> => {
  if (!isUuid(id)) return []
  const own = await exchange.store.transaction((tx) => tx.resources.versions(caller.id, type, id))
  if (own.length > 0) return own
  const current = await readResource(exchange, caller, type, id)
  return current === undefined ? [] : [current]
}

/** @returns undefined when there is no such version, or none that the caller may see: one answer for both. */
export const readVersion = async (
  exchange: Exchange,
  caller: Party,
  { type, id, version }: { readonly type: string; readonly id: string; readonly version: string },
): Promise<ReadResource | undefined> => {
  const versions = /^[1-9]\d{0,8}$/.test(version) ? await readVersions(exchange, caller, type, id) : []
  return versions.find((one) => one.version === Number(version))
}
