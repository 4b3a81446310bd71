import { expect, it } from 'vitest'
import { profileUrl } from '../../src/domain/codes.ts'
import { type FhirIssue, parseResource } from '../../src/fhir/parse-resource.ts'

const task = (claims: number) => ({
  resourceType: 'Task',
  meta: { profile: Array.from({ length: claims }, () => profileUrl('referral-task')) },
  status: 'requested',
  intent: 'order',
})

const issuesOf = (json: unknown): readonly FhirIssue[] => {
  const parsed = parseResource(json)
  return parsed.outcome === 'invalid' ? parsed.issues : []
}

it('a profile is checked once, however often a resource claims it', () => {
  const once = issuesOf(task(1))
  expect(once.length).toBeGreaterThan(1)
  expect(once.length).toBeLessThan(10)
  expect(issuesOf(task(5_000))).toEqual(once)
})

it('claims of many resources together raise twenty issues at most', () => {
  const entry = Array.from({ length: 100 }, () => ({ resource: task(1) }))
  expect(issuesOf({ resourceType: 'Bundle', type: 'collection', entry })).toHaveLength(20)
})
