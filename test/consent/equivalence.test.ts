import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, decideDeepest } from '../../src/consent/decide.ts'
import { levelsOf } from '../../src/domain/information.ts'
import { consents, modes, requests } from './arbitrary.ts'
import { conformance, now, policy } from './build.ts'
import { tries } from './runs.ts'
import { plainDecision, type PlainRecord } from './plain-engine.ts'

// A failure prints its seed and path; add them here to run it again.
fc.configureGlobal(tries(5_000))

const partOf = ({ reason, basis, notApplicable, unknowns }: PlainRecord): PlainRecord => ({
  reason,
  basis,
  notApplicable,
  unknowns,
})

describe('the engine and the rules written plainly', () => {
  it('say the same of every request, to the byte, again when the consents were prepared before', () => {
    fc.assert(
      fc.property(requests, consents, modes, (one, all, how) => {
        const expected = JSON.stringify(plainDecision(one, all, now, how))
        expect(JSON.stringify(partOf(decide(one, all, now, how).record))).toBe(expected)
        expect(JSON.stringify(partOf(decide(one, all, now, how).record))).toBe(expected)
      }),
    )
  })

  it('find the same deepest level', () => {
    fc.assert(
      fc.property(
        requests,
        consents,
        fc.constantFrom('medication', 'benefit', 'identity'),
        modes,
        (one, all, category, how) => {
          const decision = decideDeepest(one, category, all, now, how)
          const tried = levelsOf(category).map((level) => {
            const information = { category, level }
            return { information, plain: plainDecision({ ...one, information }, all, now, how) }
          })
          const expected = tried.findLast(({ plain }) => plain.reason === 'permitted') ?? tried[0]
          expect(partOf(decision.record)).toEqual(expected?.plain)
          if (decision.outcome === 'permit') expect(decision.permit.information).toEqual(expected?.information)
        },
      ),
    )
  })

  it('a consent prepared under one policy is prepared anew under another', () => {
    fc.assert(
      fc.property(requests, consents, (one, all) => {
        for (const how of [policy, conformance, policy]) {
          expect(partOf(decide(one, all, now, how).record)).toEqual(plainDecision(one, all, now, how))
        }
      }),
    )
  })
})
