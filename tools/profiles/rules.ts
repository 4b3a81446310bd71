/**
 * Writes the profiles down as the rules that `src/fhir/profile/check.ts` obeys: what they demand beyond R4, and nothing R4
 * demands anyway. Taken from the differentials, parents first, so that it follows from what is published.
 */
import { z } from 'zod'

const Discriminator = z.object({ path: z.string() })
const Element = z.object({
  id: z.string(),
  min: z.number().optional(),
  max: z.string().optional(),
  maxLength: z.number().optional(),
  slicing: z.object({ discriminator: z.array(Discriminator), rules: z.string() }).optional(),
  type: z
    .array(
      z.object({
        code: z.string(),
        profile: z.array(z.string()).optional(),
        targetProfile: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  binding: z.object({ strength: z.string(), valueSet: z.string() }).optional(),
  constraint: z.array(z.object({ key: z.string() })).optional(),
})
type Element = z.infer<typeof Element>

const Definition = z.object({
  resourceType: z.literal('StructureDefinition'),
  url: z.string(),
  type: z.string(),
  baseDefinition: z.string(),
  differential: z.object({ element: z.array(z.looseObject({ id: z.string() })) }),
})
type Definition = z.infer<typeof Definition>

const ValueSet = z.object({
  resourceType: z.literal('ValueSet'),
  url: z.string(),
  compose: z.object({
    include: z.array(z.object({ system: z.string(), concept: z.array(z.object({ code: z.string() })).optional() })),
  }),
})

type Concept = { readonly code: string; readonly concept?: readonly Concept[] | undefined }
const Concept: z.ZodType<Concept> = z.object({
  code: z.string(),
  get concept() {
    return z.array(Concept).optional()
  },
})
const CodeSystem = z.object({ resourceType: z.literal('CodeSystem'), url: z.string(), concept: z.array(Concept) })

type Rule = {
  min?: number
  max?: number
  maxLength?: number
  pattern?: unknown
  valueSet?: string
  types?: readonly string[]
  targets?: readonly string[]
  extension?: string
  invariants?: readonly string[]
  elements?: Record<string, Rule>
  slicing?: { path: string; closed: boolean; slices: Record<string, Rule> }
}

/** The table, from the compiled artefacts. */
export const profileRules = (artefacts: readonly unknown[]): unknown => {
  const definitions = new Map(parsedAs(Definition, artefacts).map((one) => [one.url, one]))
  const profiles = [...definitions.values()].map(({ url, type }) => {
    const root: Rule = {}
    for (const { differential } of lineage(url, definitions)) {
      for (const element of differential.element) state(element, root)
    }
    return [url, { type, rule: root }] as const
  })
  const bound = new Set(JSON.stringify(profiles).match(/(?<="valueSet":")[^"]+/g))
  const codes = parsedAs(ValueSet, artefacts).filter(({ url }) => bound.has(url))
  const systems = new Map(parsedAs(CodeSystem, artefacts).map((one) => [one.url, codesOf(one.concept)]))
  return {
    profiles: Object.fromEntries(profiles),
    valueSets: Object.fromEntries(
      codes.map(({ url, compose }) => [
        url,
        Object.fromEntries(
          compose.include.map(({ system, concept }) => [
            system,
            concept?.map(({ code }) => code) ?? systems.get(system) ?? [],
          ]),
        ),
      ]),
    ),
  }
}

const parsedAs = <T>(schema: z.ZodType<T>, artefacts: readonly unknown[]): readonly T[] =>
  artefacts.flatMap((artefact) => {
    const parsed = schema.safeParse(artefact)
    return parsed.success ? [parsed.data] : []
  })

const codesOf = (concepts: readonly Concept[]): readonly string[] =>
  concepts.flatMap(({ code, concept }) => [code, ...codesOf(concept ?? [])])

const lineage = (url: string, definitions: ReadonlyMap<string, Definition>): readonly Definition[] => {
  const definition = definitions.get(url)
  return definition === undefined ? [] : [...lineage(definition.baseDefinition, definitions), definition]
}

/** Adds what one element of a differential states. */
const state = (raw: { readonly id: string; readonly [name: string]: unknown }, root: Rule): void => {
  const element = Element.parse(raw)
  const rule = placeOf(element.id, root)
  if (element.min !== undefined && element.min > 0) rule.min = element.min
  if (element.max !== undefined && element.max !== '*') rule.max = Number(element.max)
  if (element.maxLength !== undefined) rule.maxLength = element.maxLength
  const pattern = Object.entries(raw).find(([name]) => /^(pattern|fixed)[A-Z]/.test(name))?.[1]
  if (pattern !== undefined) rule.pattern = pattern
  if (element.binding?.strength === 'required') rule.valueSet = element.binding.valueSet
  const invariants = (element.constraint ?? []).map(({ key }) => key).filter((key) => key.startsWith('ips-'))
  if (invariants.length > 0) rule.invariants = invariants
  if (element.slicing !== undefined) {
    const path = element.slicing.discriminator[0]?.path ?? '$this'
    rule.slicing = { path, closed: element.slicing.rules === 'closed', slices: rule.slicing?.slices ?? {} }
  }
  stateTypes(element, rule)
}

const stateTypes = ({ id, type = [] }: Element, rule: Rule): void => {
  if (id.endsWith('[x]') && type.length > 0) rule.types = type.map(({ code }) => code)
  const targets = type.flatMap(({ targetProfile = [] }) => targetProfile)
  if (targets.length > 0) rule.targets = targets.map((url) => url.slice(url.lastIndexOf('/') + 1))
  const [profile] = type.flatMap(({ profile: profiles = [] }) => profiles)
  if (profile !== undefined) rule.extension = profile
  // An extension is told apart by its url: that of its definition, or inside another extension the name of its part.
  const slice = /\.extension:([^.]+)$/.exec(id)?.[1]
  if (slice !== undefined && rule.elements?.['url'] === undefined) {
    if (profile !== undefined) rule.elements = { ...rule.elements, url: { pattern: profile } }
    else if (/^Extension\.|\.extension:[^.]+\.extension:/.test(id)) {
      rule.elements = { ...rule.elements, url: { pattern: slice } }
    }
  }
}

/** The rule of an element id such as `Consent.provision.actor:recipient.role`, made when it is not there yet. */
const placeOf = (id: string, root: Rule): Rule => {
  let rule = root
  for (const step of id.split('.').slice(1)) {
    const [written = '', slice] = step.split(':')
    const name = written.replace('[x]', '')
    rule.elements ??= {}
    rule = rule.elements[name] ??= {}
    if (slice === undefined) continue
    rule.slicing ??= { path: 'url', closed: false, slices: {} }
    rule = rule.slicing.slices[slice] ??= {}
  }
  return rule
}
