import type { Kysely } from 'kysely'
import { up as first } from './0001-first.ts'
import { up as search } from './0002-search.ts'
import { up as messages } from './0003-messages.ts'
import { up as consentEnds } from './0004-consent-ends.ts'
import { up as endpointState } from './0005-endpoint-state.ts'
import { up as schemaFloor } from './0006-schema-floor.ts'
import { up as restore } from './0007-restore.ts'
import { up as auditSeal } from './0008-audit-seal.ts'
import { up as mailNotices } from './0009-mail-notices.ts'
import { up as laneRest } from './0010-lane-rest.ts'
import { up as urgent } from './0011-urgent.ts'
import { up as lastFailure } from './0012-last-failure.ts'

/**
 * A step of the schema. One that only adds (expand) says no more than that: builds that do not know it work on beside
 * those that do. One that takes away, or changes what something means (contract), names the oldest build that does
 * without, by the number of the newest step that build knows. So what is to go is first left alone by a release, and goes
 * with a later one. A column that is added is nullable or has a default, for older builds write rows without it.
 */
export type Migration = {
  /** Begins with its number, four digits. */
  readonly name: string
  readonly up: (db: Kysely<unknown>) => Promise<void>
  readonly oldestBuild?: number
}

/** In order; never edit one that was released. */
export const migrations: readonly Migration[] = [
  { name: '0001-first', up: first },
  { name: '0002-search', up: search },
  { name: '0003-messages', up: messages },
  { name: '0004-consent-ends', up: consentEnds },
  { name: '0005-endpoint-state', up: endpointState },
  { name: '0006-schema-floor', up: schemaFloor },
  { name: '0007-restore', up: restore },
  { name: '0008-audit-seal', up: auditSeal },
  { name: '0009-mail-notices', up: mailNotices },
  { name: '0010-lane-rest', up: laneRest },
  { name: '0011-urgent', up: urgent },
  { name: '0012-last-failure', up: lastFailure },
]

/** The number of a build: that of the newest step it knows. */
export const buildOf = (known: readonly Migration[]): number => Number(known.at(-1)?.name.slice(0, 4))
