import { describe, expect, it } from 'vitest'
import { codesOf, definitionOf, isSupportedType, supportedTypes } from '../../src/fhir/r4/elements.ts'
import { primitiveOf } from '../../src/fhir/r4/primitives.ts'
import { resourceReader } from '../../src/fhir/r4/reader.ts'
import { SUPPORTED_TYPES, committedElements, r4Elements } from '../../tools/r4-elements.ts'

describe('the table of FHIR R4 elements', () => {
  it('is what the official definitions say today', () => {
    expect(committedElements() === r4Elements(), 'run `node tools/r4-elements.ts` and commit the result').toBe(true)
  })

  it('stays small enough to be read at every start', () => {
    expect(committedElements().length).toBeLessThan(64_000)
  })

  it('covers every supported resource type with all types it reaches', () => {
    expect(supportedTypes()).toEqual([...SUPPORTED_TYPES])
    const seen = new Set<string>()
    const reach = (type: string): void => {
      if (seen.has(type)) return
      seen.add(type)
      const definition = definitionOf(type)
      expect(definition, type).toBeDefined()
      for (const { type: next, isPrimitive, valueSet } of definition?.properties.values() ?? []) {
        if (valueSet !== undefined) expect(codesOf(valueSet).size, valueSet).toBeGreaterThan(0)
        if (isPrimitive) expect(primitiveOf(next).expected).not.toBe('')
        else if (next !== 'Resource') reach(next)
      }
    }
    for (const type of supportedTypes()) reach(type)
    expect(seen.size).toBeGreaterThan(90)
  })

  it('follows references to the content of another element', () => {
    expect(definitionOf('Consent.provision')?.properties.get('provision')?.type).toBe('Consent.provision')
    expect(definitionOf('Bundle.entry')?.properties.get('link')?.type).toBe('Bundle.link')
    expect(definitionOf('Observation.component')?.properties.get('referenceRange')?.type).toBe(
      'Observation.referenceRange',
    )
  })

  it('spells out choices, with the siblings of their primitives', () => {
    const names = [...(definitionOf('Patient')?.properties.keys() ?? [])].filter((name) => name.includes('deceased'))
    expect(names).toEqual(['deceasedBoolean', '_deceasedBoolean', 'deceasedDateTime', '_deceasedDateTime'])
    expect(
      definitionOf('MedicationRequest')?.required.find(({ label }) => label === 'medication[x]')?.properties,
    ).toEqual(['medicationCodeableConcept', 'medicationReference'])
  })

  it('gives ids and extension addresses no siblings', () => {
    expect(definitionOf('Extension')?.properties.has('_url')).toBe(false)
    expect(definitionOf('Coding')?.properties.has('_id')).toBe(false)
    expect(definitionOf('Coding')?.properties.has('_code')).toBe(true)
  })

  it('lists the codes of required bindings, and none for value sets that nobody can enumerate', () => {
    expect([...codesOf('consent-provision-type')]).toEqual(['deny', 'permit'])
    expect([...codesOf('request-status')]).toContain('entered-in-error')
    expect(definitionOf('Attachment')?.properties.get('contentType')?.valueSet).toBeUndefined()
  })

  it('knows no type by the name of something every object inherits', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(definitionOf(name)).toBeUndefined()
      expect(isSupportedType(name)).toBe(false)
      expect(resourceReader(name)).toBeUndefined()
    }
  })
})
