import { describe, expect, it } from 'vitest'
import { upgradeFaults, type UpgradeReport } from '../../chaos/upgrade.ts'

const well: UpgradeReport = {
  from: undefined,
  replaced: 3,
  sideBySide: 40,
  narrowed: { before: 'schema-in-use', after: 'taken' },
}
const outages = { 'request failed: 57P03': 3, 'could not start: schema-unknown': 2, 'a round of the relay failed': 1 }

describe('the judge of a rolling upgrade', () => {
  it('finds nothing wrong where all were replaced and nothing was taken from anybody at work', () => {
    expect(upgradeFaults(well, outages)).toEqual([])
    expect(upgradeFaults({ ...well, from: 'v1', sideBySide: 0, narrowed: undefined }, outages)).toEqual([])
  })

  it.each<[string, Partial<UpgradeReport>, Record<string, number>]>([
    ['nobody was replaced', { replaced: 0 }, {}],
    ['the builds hardly met', { sideBySide: 4 }, {}],
    ['something was taken from a build at work', { narrowed: { before: 'taken', after: 'taken' } }, {}],
    ['nothing could be taken afterwards', { narrowed: { before: 'schema-in-use', after: 'schema-in-use' } }, {}],
    ['a build kept a plan for the tables as they were', {}, { 'request failed: 0A000': 1 }],
    ['a build met a column it did not know', {}, { 'a lane could not be worked off: 42703': 1 }],
  ])('finds that %s', (_what, change, complaints) => {
    expect(upgradeFaults({ ...well, ...change }, { ...outages, ...complaints })).toHaveLength(1)
  })
})
