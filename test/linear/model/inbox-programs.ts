import type { Tx } from './database.ts'
import { show, withhold } from './item-statements.ts'
import type { ItemRow } from './rows.ts'
import {
  hold,
  itemsOf,
  lockWithReading,
  permits,
  readStandings,
  row,
  type Standing,
  statement,
  transaction,
} from './statements.ts'
import type { Program, World } from './step.ts'

/** Who reads: `read-inbox` of `src/exchange`. */

/** The team's system fetches its inbox from behind what it knows. */
export const readInbox = (world: World, owner: string): Program =>
  transaction(world, owner, function* (tx) {
    yield* statement(
      tx,
      'open inbox',
      () => world.db.write(tx, 'counter', 'inbox', row(world, tx, 'counter', 'inbox')),
      () => [{ table: 'counter', id: 'inbox', mode: 'update' }],
    )
    const ofInbox = (state: ItemRow['state']) => () =>
      itemsOf(world, tx, (item) => item.endpoint === 'inbox' && item.state === state)
    const unseen = (yield* statement(tx, 'read unseen items', ofInbox('queued'))).toSorted(
      (one, other) => Number(other.urgent) - Number(one.urgent),
    )
    const shown = (yield* statement(tx, 'read shown items', ofInbox('delivered'))).filter(
      ({ number = 0 }) => number > world.cursor,
    )
    const clients = [...new Set([...unseen, ...shown].map(({ client }) => client))]
    if (clients.length === 0) return
    const standings = new Map((yield* lockStandings(world, tx, clients)).map((one) => [one.client, one]))
    for (const item of shown) {
      if (item.kind === 'notice') continue
      if (yield* mayRead(world, tx, item, standings)) tx.disclosed.add(item.client)
    }
    for (const item of unseen) yield* readFirst(world, tx, item, standings)
  })

type Standings = ReadonlyMap<string, Standing>

function* readFirst(world: World, tx: Tx, item: ItemRow, standings: Standings): Program {
  if (item.kind === 'notice') {
    yield* show(world, tx, item)
    return
  }
  // Once for whether it has passed, once for the decision.
  yield* readUpdate(world, tx, item)
  const permitted = yield* mayRead(world, tx, item, standings)
  if (permitted === undefined) return
  if (!permitted) yield* withhold(world, tx, item)
  else if (yield* show(world, tx, item)) tx.disclosed.add(item.client)
}

const readUpdate = (world: World, tx: Tx, { update }: ItemRow) =>
  statement(tx, 'read update', () => row(world, tx, 'update', update))

function* mayRead(world: World, tx: Tx, item: ItemRow, standings: Standings): Program<boolean | undefined> {
  const { erased } = yield* readUpdate(world, tx, item)
  const standing = standings.get(item.client)
  return erased || standing === undefined ? undefined : permits(standing, item.category, world.now)
}

function* lockStandings(world: World, tx: Tx, clients: readonly string[]): Program<readonly Standing[]> {
  if (world.how === 'readWithoutLock') return yield* readStandings(world, tx, clients)
  if (world.how === 'lockAfterReading') {
    const standings = yield* readStandings(world, tx, clients)
    yield* hold(tx, clients, 'share')
    return standings
  }
  if (world.how === 'lockWithReading') return yield* lockWithReading(world, tx, clients)
  yield* hold(tx, clients, 'share')
  return yield* readStandings(world, tx, clients)
}
