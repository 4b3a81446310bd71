import type { Database, Tx, Want } from './database.ts'
import type { Category, Endpoint } from './rows.ts'

/**
 * Statements that decide what is sent and read, as the real transactions send them; `statement-kinds.ts` knows them by
 * their text. Everything else a transaction says (audit, resources, identifiers) stays out of the model.
 */
export const statementNames = [
  'hold clients for update',
  'hold clients for share',
  'read clients',
  'read what decisions rest on',
  'put consent',
  'put care team',
  'put referral',
  'bump epoch',
  'claim lanes',
  'keep leases',
  'release leases',
  'read heads',
  'give way',
  'start sendings',
  'settle sendings',
  'lock open items',
  'lock lanes of items',
  'give numbers back',
  'enqueue',
  'supersede items',
  'take items back',
  'read what was taken back',
  'put update',
  'read update',
  'erase update',
  'read who was told',
  'open inbox',
  'read unseen items',
  'read shown items',
  'show item',
  'commit',
  'rollback',
] as const
export type StatementName = (typeof statementNames)[number]

/** What happens outside every transaction. */
export type OutsideName = 'deliver' | 'time passes' | 'wait'

/** One thing an actor does at once; what stands between two of them may be interrupted by everybody else. */
export type Step<T = unknown> = {
  readonly name: StatementName | OutsideName
  readonly tx: Tx | undefined
  /** Rows it locks before it goes on, one after the other; looked for once, as the statement starts. */
  readonly wants?: (() => readonly Want[]) | undefined
  readonly run: () => T
}

/** An actor: yields its steps and gets their results. */
export type Program<T = void> = Generator<Step, T>

export type World = {
  readonly db: Database
  /** Seconds. */
  now: number
  /** The last number a reader knows already. */
  cursor: number
  readonly random: () => number
  readonly how: Variant
  /** How often each client's permissions were narrowed by what has committed: who decides notes it. */
  readonly narrowings: Map<string, number>
  /** What reached the team, in the order in which it did. */
  readonly arrived: Arrival[]
  /** Attempts without an answer that may arrive yet. */
  onTheWay: readonly (Arrival & { readonly until: number })[]
  readonly newId: (what: string) => string
  /** Of gateways that start what a transaction queues before it commits: see `start-queued.ts`. */
  readonly starters: Map<string, Starter>
  /** The sending of each lane that has started and not come back. */
  readonly underWay: Map<string, { readonly item: string; readonly until: number }>
  /** A promise is broken. @throws always, unless there is nothing wrong. */
  readonly fault: (wrong: string | undefined) => void
  /** Commits, and checks what must hold at that moment. */
  readonly commit: (tx: Tx) => void
}

export type Arrival = {
  readonly item: string
  readonly endpoint: Endpoint
  readonly client: string
  readonly position: number
  readonly number: number
  readonly category: Category | 'notice'
  readonly urgent: boolean
}

/** Starts what a transaction has queued, in it. @returns what is to be done once it has committed. */
export type Starter = (tx: Tx) => Program<() => void>

/** How the gateway is built; everything else than `asBuilt` is wrong on purpose, and must be found out. */
export const variants = {
  asBuilt: 'the gateway as it is',
  noClientLock: 'a worker that locks the lane and not the client',
  decidedOnArrival: 'a worker that trusts the decision taken on arrival',
  lockAfterReading: 'locks taken after what decisions rest on was read',
  lockWithReading: 'locks taken by the very statement that reads what decisions rest on',
  readWithoutLock: 'an inbox that is read without locking the clients',
  withdrawalUnlocked: 'a withdrawal that locks nothing before it bumps the epoch',
  queueLeftAlone: 'a withdrawal that does not look through the queue',
  noFence: 'a worker that settles whoever has the lease',
  openEnds: 'an end that may be written over another end',
  crashForgotten: 'a retry that forgets that the attempt before it may have arrived',
  sharedCorrection: 'a correction under the shared lock',
  sharedAnswer: 'an answer to a referral under the shared lock',
  startedUnlocked: 'news that starts where it is queued, and nobody locks the client',
  startedUndecided: 'what stands at the head is started where something is queued behind it, and not decided on again',
  startedOutOfOrder: 'news that starts where it is queued, before what its lane has waiting',
  startedUnleased: 'a sending that starts where it is queued without a lease',
  startedUnderOldToken: 'a sending that starts where it is queued and is settled under the token before',
  numberKept: 'an urgent message that leaves its number to what it passes',
  restless: 'a lane that goes on at once when what may still arrive has ended',
  sentBeforeCommit: 'a sending that starts where it is queued and leaves before the commit',
} as const
export type Variant = keyof typeof variants

export const narrowingsOf = (world: World, client: string): number => world.narrowings.get(client) ?? 0
