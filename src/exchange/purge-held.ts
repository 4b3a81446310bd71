import type { Exchange } from './exchange.ts'
import { eraseUntold } from './settle-held.ts'

const DAY_MS = 86_400_000

/**
 * Ends the waiting of referrals that no consent came for: their content is erased, the reference, the reason and the
 * audit remain. @returns how many ended.
 */
export const purgeHeld = async (exchange: Exchange, days: number): Promise<number> =>
  exchange.store.transaction(async (tx) => {
    const at = exchange.now()
    const before = at - days * DAY_MS
    const waiting = await tx.outbox.heldBefore(before)
    // A consent that is being recorded now releases them first, or finds them gone.
    const ids = new Set(waiting.map(({ clientId }) => clientId))
    await tx.clients.lock([...ids], 'update')
    const held = (await tx.outbox.heldBefore(before)).filter(({ clientId }) => ids.has(clientId))
    const resources = new Set<string>()
    for (const { updateId } of held) {
      const update = await tx.updates.read(updateId)
      if (update !== undefined) resources.add(update.resourceId)
    }
    await tx.outbox.dropHeld(
      held.map(({ id }) => id),
      'expired',
      at,
    )
    await tx.updates.erase(held.map(({ updateId }) => updateId))
    await eraseUntold(tx, [...resources])
    return held.length
  })
