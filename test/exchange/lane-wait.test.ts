import { expect, it } from 'vitest'
import { type LaneSurroundings, laneWait, nextAttemptOf } from '../../src/exchange/lane-wait.ts'
import { quietState } from '../../src/store/queries/endpoints.ts'
import type { OpenLane } from '../../src/store/queries/open-lanes.ts'

const now = 1_000_000
const [before, after, later] = [now - 1, now + 1, now + 2]
const idle: OpenLane = {
  endpoint: 'team-webhook',
  clientId: 'c',
  open: 1,
  oldest: 0,
  head: 'h',
  headState: 'queued',
  attempts: 0,
  notBefore: undefined,
  restsUntil: undefined,
  leasedUntil: undefined,
  lastFailure: undefined,
}
const works: LaneSurroundings = { endpoint: quietState, isConfigured: true, isHeld: false, now }
const paused = { ...quietState, pausedAt: 1 }

it.each<[string, Partial<OpenLane>, Partial<LaneSurroundings>, string, number?]>([
  ['nothing keeps it', {}, {}, 'due'],
  ['its times have come', { notBefore: now, restsUntil: now, leasedUntil: now }, {}, 'due', now],
  ['its worker has died', { headState: 'sending', leasedUntil: before }, {}, 'due'],
  ['it is being sent', { headState: 'sending', leasedUntil: after, notBefore: before }, {}, 'under-way'],
  ['it is being sent while paused', { headState: 'sending', leasedUntil: after }, { endpoint: paused }, 'under-way'],
  ['its head has failed', { notBefore: after }, {}, 'retry', after],
  ['what ended may arrive', { restsUntil: after }, {}, 'resting', after],
  ['it is left alone', { leasedUntil: after }, {}, 'leased', after],
  ['the longest counts', { notBefore: after, restsUntil: later }, {}, 'retry', later],
  ['a dead letter', { headState: 'dead' }, { endpoint: paused }, 'dead-letter'],
  ['paused', { notBefore: after }, { endpoint: { ...paused, disabledAt: 1, openedAt: 1 } }, 'endpoint-paused', after],
  ['gone', {}, { endpoint: { ...quietState, disabledAt: 1, openedAt: 1 } }, 'endpoint-gone'],
  ['broken', {}, { endpoint: { ...quietState, openedAt: 1 } }, 'endpoint-broken'],
  ['not configured', {}, { isConfigured: false, endpoint: paused }, 'endpoint-unconfigured'],
  ['restored', { headState: 'dead' }, { isHeld: true }, 'held-after-restore'],
])('a lane says why it does not move: %s', (_what, lane, around, word, nextAttempt) => {
  const wait = laneWait({ ...idle, ...lane }, { ...works, ...around })
  expect(wait).toBe(word)
  expect(nextAttemptOf({ ...idle, ...lane }, wait, now)).toBe(nextAttempt)
})
