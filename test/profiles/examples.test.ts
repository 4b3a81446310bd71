import { describe, expect, it } from 'vitest'
import { allExamples, unclaimed } from '../../conformance/examples.ts'
import { profileUrl } from '../../src/domain/codes.ts'
import { ownVerdict } from '../../conformance/own-judge.ts'
import { invariantOf } from '../../src/fhir/profile/invariants.ts'
import rules from '../../src/fhir/profile/rules.json' with { type: 'json' }

const { valid, invalid } = allExamples()
const abstract = ['care-team-message', 'told-update']
const profiles = Object.entries(rules.profiles)
  .filter(([, { type }]) => type !== 'Extension')
  .map(([url]) => url.slice(url.lastIndexOf('/') + 1))
  .filter((id) => !abstract.includes(id))

describe('the gateway reads by its own profiles', () => {
  it('has at least three examples and five counter-examples of each', () => {
    expect(profiles.length).toBeGreaterThanOrEqual(24)
    const few = profiles.filter(
      (id) =>
        valid.filter(({ profile }) => profile === id).length < 3 ||
        invalid.filter(({ profile }) => profile === id).length < 5,
    )
    expect(few).toEqual([])
    expect([...valid, ...invalid].filter(({ profile }) => !profiles.includes(profile))).toEqual([])
  })

  it('knows every constraint of the profiles', () => {
    const keys = [...new Set(JSON.stringify(rules).match(/(?<="invariants":\[)"[^\]]+/g))].flatMap((text) =>
      JSON.parse(`[${text}]`),
    )
    expect(keys.length).toBeGreaterThanOrEqual(3)
    for (const key of keys) expect(invariantOf(key).advice).not.toBe('')
  })

  it.each(valid.map((one) => [`${one.profile}: ${one.name}`, one] as const))('accepts %s', (_title, example) => {
    expect(ownVerdict(example.resource, profileUrl(example.profile)).issues).toEqual([])
  })

  it.each(invalid.map((one) => [`${one.profile}: ${one.name}`, one] as const))('refuses %s', (_title, example) => {
    // Sound R4, or it would say nothing about the profile.
    expect(ownVerdict(unclaimed(example.resource), undefined).issues).toEqual([])
    const { issues } = ownVerdict(example.resource, profileUrl(example.profile))
    expect(issues.length).toBeGreaterThan(0)
    expect(issues.filter(({ location }) => !location.startsWith(example.at))).toEqual([])
  })
})
