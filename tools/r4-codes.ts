/** Expands FHIR R4 value sets into plain lists of codes, for required bindings. */
import { z } from 'zod'

/**
 * Reads the value sets and code systems among `files`. The answer maps the URL of a value set to its codes, sorted, or to
 * undefined when the definitions do not enumerate it (filters, external systems such as BCP 13).
 */
export const codesOfValueSets = (
  files: readonly (readonly unknown[])[],
): ((url: string) => readonly string[] | undefined) => {
  const systems = new Map<string, readonly string[]>()
  const valueSets = new Map<string, ValueSet>()
  for (const resource of files.flat()) {
    const parsed = Terminology.safeParse(resource)
    if (!parsed.success) continue
    if (parsed.data.resourceType === 'ValueSet') valueSets.set(parsed.data.url, parsed.data)
    else if (parsed.data.content === 'complete') systems.set(parsed.data.url, allCodes(parsed.data.concept ?? []))
  }

  const expand = (url: string): readonly string[] | undefined => {
    const { compose } = valueSets.get(withoutVersion(url)) ?? {}
    if (compose === undefined) return undefined
    const included = union(compose.include.map(listed))
    const excluded = union((compose.exclude ?? []).map(listed))
    if (included === undefined || excluded === undefined) return undefined
    return included.filter((code) => !excluded.includes(code)).toSorted()
  }

  const listed = (part: Part): readonly string[] | undefined => {
    if (part.filter !== undefined) return undefined
    if (part.concept !== undefined) return part.concept.map(({ code }) => code)
    if (part.system !== undefined && part.valueSet === undefined) return systems.get(part.system)
    // Several value sets in one include mean their intersection, which no required binding of R4 uses.
    return part.valueSet?.length === 1 ? expand(part.valueSet[0] ?? '') : undefined
  }

  return expand
}

type Concept = { readonly code: string; readonly concept?: readonly Concept[] | undefined }
const Concept: z.ZodType<Concept> = z.object({
  code: z.string(),
  get concept() {
    return z.array(Concept).optional()
  },
})

const Part = z.object({
  system: z.string().optional(),
  concept: z.array(z.object({ code: z.string() })).optional(),
  filter: z.array(z.unknown()).optional(),
  valueSet: z.array(z.string()).optional(),
})
type Part = z.infer<typeof Part>

const ValueSet = z.object({
  resourceType: z.literal('ValueSet'),
  url: z.string(),
  compose: z.object({ include: z.array(Part), exclude: z.array(Part).optional() }).optional(),
})
type ValueSet = z.infer<typeof ValueSet>

const CodeSystem = z.object({
  resourceType: z.literal('CodeSystem'),
  url: z.string(),
  content: z.string(),
  concept: z.array(Concept).optional(),
})

const Terminology = z.discriminatedUnion('resourceType', [ValueSet, CodeSystem])

const allCodes = (concepts: readonly Concept[]): readonly string[] =>
  concepts.flatMap(({ code, concept }) => [code, ...allCodes(concept ?? [])])

const union = (lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined => {
  const all = new Set<string>()
  for (const list of lists) {
    if (list === undefined) return undefined
    for (const code of list) all.add(code)
  }
  return [...all]
}

const withoutVersion = (url: string): string => url.split('|')[0] ?? url
