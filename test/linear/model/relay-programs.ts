import { nextAttempt } from '../../../src/relay/schedule.ts'
import type { Tx } from './database.ts'
import { settle, type Settlement } from './item-statements.ts'
import { claim, keep, LEASE_S, release } from './lease-statements.ts'
import { laneId } from './rows.ts'
import { type Sending, startHeads } from './start-heads.ts'
import { transaction } from './statements.ts'
import { arrive } from './time.ts'
import type { Program, World } from './step.ts'

/** Who sends: `drain.ts` and `round.ts` of `src/relay`. */

export type Delivery = 'delivered' | 'failed' | 'unknown' | 'not-sent'
type Finished = Sending & { readonly delivery: Delivery }

/** How long a worker works, and what its receivers answer. */
export type Shift = { readonly rounds: number; readonly answer: () => Delivery }

/** A worker for some rounds: settle, claim, decide, deliver. `adopted`: what was started where it was queued. */
export function* work(
  world: World,
  owner: string,
  { rounds, answer }: Shift,
  adopted: readonly Sending[] = [],
): Program {
  let finished: readonly Finished[] = yield* deliverAll(world, adopted, answer)
  for (let round = 0; round < rounds; round += 1) {
    const turn = finished
    const { sendings, busy } = yield* transaction(world, owner, (tx) => playRound(world, tx, turn))
    setOut(world, sendings)
    finished = [...busy, ...(yield* deliverAll(world, sendings, answer))]
  }
}

function* deliverAll(world: World, sendings: readonly Sending[], answer: () => Delivery): Program<readonly Finished[]> {
  const back: Finished[] = []
  for (const sending of sendings) back.push({ ...sending, delivery: yield* deliver(world, sending, answer) })
  return back
}

/** INVARIANT (one at a time): while a sending is under way and its lease lasts, its lane starts no other. */
export const setOut = ({ underWay, now, fault }: World, sendings: readonly Sending[]): void => {
  for (const { lane, item, until } of sendings) {
    const other = underWay.get(laneId(lane))
    if (other !== undefined && other.until > now) fault(`${item.id} is sent while ${other.item} is under way`)
    underWay.set(laneId(lane), { item: item.id, until })
  }
}

/** Works until nothing is due: every receiver answers. */
export function* drain(world: World, owner: string): Program {
  let finished: readonly Finished[] = []
  for (;;) {
    const turn = finished
    const { sendings } = yield* transaction(world, owner, (tx) => playRound(world, tx, turn))
    finished = yield* deliverAll(world, sendings, () => 'delivered')
    if (sendings.length === 0) return
  }
}

export function* deliver(
  world: World,
  { lane, item, number, until }: Sending,
  answer: () => Delivery,
): Program<Delivery> {
  return yield {
    name: 'deliver',
    tx: undefined,
    run: () => {
      // Nothing is handed to a channel when its lease has ended, and a channel gives up before that.
      if (world.now >= until) return 'not-sent'
      world.underWay.delete(laneId(lane))
      const delivery = answer()
      const { endpoint, client, position, kind, category, urgent } = item
      const arrival = {
        item: item.id,
        endpoint,
        client,
        position,
        number,
        category: kind === 'notice' ? kind : category,
        urgent,
      }
      if (delivery === 'delivered') arrive(world, arrival)
      if (delivery === 'unknown') unanswered(world, { ...arrival, until })
      return delivery
    },
  }
}

/** No answer: it has arrived all the same, or is still on its way, or lost. */
const unanswered = (world: World, attempt: World['onTheWay'][number]): void => {
  const luck = world.random()
  if (luck < 1 / 3) arrive(world, attempt)
  else if (luck < 2 / 3) world.onTheWay = [...world.onTheWay, attempt]
}

type Round = { readonly sendings: readonly Sending[]; readonly busy: readonly Finished[] }

function* playRound(world: World, tx: Tx, finished: readonly Finished[]): Program<Round> {
  const kept = finished.length === 0 ? new Map<Finished, never>() : yield* keep(world, tx, finished)
  const claimed = yield* claim(world, tx)
  const ours = finished.filter((one) => kept.get(one) === 'held')
  if (ours.length > 0)
    yield* settle(
      world,
      tx,
      ours.map((one) => settlementOf(world, one)),
    )
  const goOn = ours
    .filter(({ delivery }) => delivery === 'delivered')
    .map((one) => ({ ...one, until: tx.began + LEASE_S }))
  const waiting = ours.filter(({ delivery }) => delivery !== 'delivered')
  const sendings = yield* startHeads(world, tx, [...claimed, ...goOn])
  if (waiting.length > 0) yield* release(world, tx, waiting)
  return { sendings, busy: finished.filter((one) => kept.get(one) === 'busy') }
}

const settlementOf = (world: World, { item: { id, attempts }, until, delivery }: Finished): Settlement => {
  if (delivery === 'delivered') return { id, state: 'delivered' }
  const again = nextAttempt(attempts + 1, world.now * 1000, 0, undefined)
  const state = again === undefined ? 'dead' : delivery === 'unknown' ? 'possibly-received' : 'queued'
  return {
    id,
    state,
    notBefore: (again ?? 0) / 1000,
    received: delivery === 'not-sent' ? 'no' : 'maybe',
    mayArriveUntil: delivery === 'unknown' ? until : undefined,
  }
}
