import type { Party } from '../domain/party.ts'
import type { Exchange } from './exchange.ts'
import type { ReadResource } from './read-context.ts'
import { readTeamTask } from './read-task.ts'
import { readTold } from './read-told.ts'
import { isUuid } from './uuid.ts'

/**
 * Reads one resource: the caller's own, or one that was told to it, decided again now. Everything else does not exist
 * for the caller, and the answer is the same whether it exists or not.
 */
export const readResource = async (
  exchange: Exchange,
  caller: Party,
  type: string,
  id: string,
): Promise<ReadResource | undefined> =>
  exchange.store.transaction(async (tx) => {
    if (!isUuid(id)) return undefined
    const [stored] = await tx.resources.read([id])
    if (stored !== undefined && stored.party === caller.id) {
      return stored.type === type
        ? { resource: stored.resource, version: stored.version, updatedAt: stored.updatedAt }
        : undefined
    }
    const context = { exchange, caller, tx, at: exchange.now() }
    // Asked whether or not somebody has a resource of this id: for a stranger both take the same.
    if (type === 'Task') return readTeamTask(context, id)
    return type === 'Communication' ? readTold(context, id) : undefined
  })
