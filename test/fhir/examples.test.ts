import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseUntrustedJson } from '../../src/fhir/hygiene.ts'
import { parseResource } from '../../src/fhir/parse-resource.ts'

const EXAMPLES = new URL('../examples/', import.meta.url)

const parseFile = (path: string) => {
  const json = parseUntrustedJson(readFileSync(new URL(path, EXAMPLES)))
  if (json.outcome === 'refused') throw new Error(json.diagnostics)
  return parseResource(json.value)
}

/** `expression: what to do` of every issue. */
const answer = (path: string): readonly string[] => {
  const parsed = parseFile(path)
  return parsed.outcome === 'parsed'
    ? []
    : parsed.issues.map(({ expression, diagnostics }) => `${expression}: ${diagnostics}`)
}

const asNumber = '`valuePositiveInt` must be a whole number from 1 to 2147483647, without quotes; found text'
const inFinnishRequests = [
  `MedicationRequest.extension[11].extension[1].value: ${asNumber}`,
  'MedicationRequest.statusReason.coding: `coding` must be a list, found an object: put it in square brackets',
  `MedicationRequest.dispenseRequest.extension[1].extension[0].value: ${asNumber}`,
  `MedicationRequest.dispenseRequest.extension[1].extension[1].value: ${asNumber}`,
]

describe('the Finnish examples', () => {
  it('are all there', () => {
    expect(readdirSync(new URL('finnish-base/', EXAMPLES))).toHaveLength(9)
  })

  it.each(['patientesim1', 'practitioneresim1', 'practitionerRoleesim1', 'medicationesim1', 'medicationesim2'])(
    '%s is valid R4 and read as it is',
    (name) => {
      const path = `finnish-base/${name}.json`
      const { text, ...resource } = JSON.parse(readFileSync(new URL(path, EXAMPLES), 'utf8')) as Record<string, unknown>
      expect(parseFile(path)).toEqual({ outcome: 'parsed', resource })
      expect(text).toBeUndefined()
    },
  )

  it.each(['medicationrequestesim1', 'medicationrequestesim3', 'medicationrequestesim4'])(
    '%s is answered with the four things its sender has to change',
    (name) => {
      expect(answer(`finnish-base/${name}.json`)).toEqual(inFinnishRequests)
    },
  )

  it('medicationrequestesim2 has one fault more', () => {
    const [first, second, ...others] = inFinnishRequests
    expect(answer('finnish-base/medicationrequestesim2.json')).toEqual([
      first,
      second,
      'MedicationRequest.dosageInstruction[1].additionalInstruction: `additionalInstruction` must be a list, found an object: put it in square brackets',
      ...others,
    ])
  })

  it('are accepted once their sender has done just that', () => {
    const path = new URL('finnish-base/medicationrequestesim1.json', EXAMPLES)
    const corrected = readFileSync(path, 'utf8')
      .replaceAll(/"valuePositiveInt": "(\d+)"/g, '"valuePositiveInt": $1')
      .replace(/"statusReason": \{\s*"coding": (\{[^}]*\})/, '"statusReason": { "coding": [$1]')
    expect(parseResource(JSON.parse(corrected)).outcome).toBe('parsed')
  })
})

describe('the British referral message', () => {
  it('is told which of its resources are not read here, and nothing else', () => {
    const answers = answer('nhs-bars/servicerequest-request.message.json')
    expect(answers.map((line) => line.split(': use one of')[0])).toEqual([
      'Bundle.entry[2].resource: resources of type `HealthcareService` are not read here',
      'Bundle.entry[4].resource: resources of type `CarePlan` are not read here',
      'Bundle.entry[13].resource: resources of type `Location` are not read here',
      'Bundle.entry[17].resource: resources of type `Flag` are not read here',
    ])
  })
})
