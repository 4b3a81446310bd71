import type { Evidence, Item } from './evidence.ts'
import type { Standing } from './verdict.ts'

/** Where an item may be at the end of a run that was given the time to finish. */
const ended = ['delivered', 'withheld', 'superseded', 'expired']

/** Counts what is lost: acknowledged and not kept, kept and not told, told and not arrived, withheld for no reason. */
export const judgeKeeping = (evidence: Evidence, standing: Standing): number =>
  notRecorded(evidence) + notQueued(evidence, standing) + notArrived(evidence, standing)

const notRecorded = ({ acknowledged, recorded }: Evidence): number =>
  acknowledged.filter(({ record }) => !recorded.has(record)).length

/** A message is queued for every endpoint of every recipient for whom a consent stood when it was committed. */
const notQueued = ({ recorded, items, endpoints }: Evidence, standing: Standing): number => {
  const queued = new Set(items.map(({ record, endpoint }) => `${record} ${endpoint}`))
  let missing = 0
  for (const [record, { client, at, kind }] of recorded) {
    if (kind === 'consent') continue
    for (const [recipient, theirs] of endpoints) {
      if (!standing({ client, recipient }, at)) continue
      missing += theirs.filter((endpoint) => !queued.has(`${record} ${endpoint}`)).length
    }
  }
  return missing
}

const notArrived = ({ items, arrivals }: Evidence, standing: Standing): number => {
  const accepted = new Set(arrivals.flatMap(({ id, accepted }) => (accepted ? [id] : [])))
  const isLost = (item: Item): boolean => {
    if (!ended.includes(item.state)) return true
    if (item.state === 'withheld') return item.kind === 'notice' || standing(item, item.at)
    if (item.state !== 'delivered' || accepted.has(item.id)) return false
    // A page of an inbox may get lost on its way; it can be read again for as long as a consent stands.
    return item.channel === 'webhook' || item.kind === 'notice' || standing(item, Number.MAX_SAFE_INTEGER)
  }
  return items.filter(isLost).length
}
