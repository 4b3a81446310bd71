/** The committed table of R4 elements (`tools/r4-elements.ts`), decoded one type at a time, on first use. */
import json from './elements.json' with { type: 'json' }

/** One JSON property a FHIR object may have: a plain element, one type of a choice, or the `_sibling` of a primitive. */
export type Property = {
  /** Name in FHIRPath: `value` for `valueString`, `birthDate` for `_birthDate`. */
  readonly element: string
  /** Name in the definitions: `value[x]`. */
  readonly label: string
  /** Name of the type: `Coding`, `dateTime`, `Consent.provision`, `Resource`; `Element` for a `_sibling`. */
  readonly type: string
  readonly isList: boolean
  readonly isPrimitive: boolean
  readonly isSibling: boolean
  /** For a primitive that may carry an id or extensions: its `_name`. */
  readonly sibling?: string
  /** JSON name of the value of this property, without the underscore of a sibling. */
  readonly value: string
  readonly isChoice: boolean
  /** Name of the value set whose codes are the only permitted ones. */
  readonly valueSet?: string
}

/** What a FHIR object of one type may and must contain. */
export type TypeDefinition = {
  readonly properties: ReadonlyMap<string, Property>
  /** Elements with a minimum of one: any of `properties` satisfies it. */
  readonly required: readonly { readonly label: string; readonly element: string; readonly properties: string[] }[]
}

/** @returns the definition of a complex type, or undefined for a primitive or unknown one. */
export const definitionOf = (type: string): TypeDefinition | undefined => {
  const known = definitions.get(type)
  if (known !== undefined) return known
  const row = table.types.get(type)
  if (row === undefined) return undefined
  const definition = decode(row)
  definitions.set(type, definition)
  return definition
}

/** The codes of a required binding. */
export const codesOf = (valueSet: string): ReadonlySet<string> => words(table.codes.get(valueSet) ?? '')

/** True for the resource types that `parseResource` reads. */
export const isSupportedType = (type: string): boolean => supported.has(type)

/** True for the name of any FHIR R4 resource type, whether the gateway reads it or not. */
export const isResourceType = (type: string): boolean => resourceTypes.has(type)

/** The resource types that `parseResource` reads, in alphabetical order. */
export const supportedTypes = (): readonly string[] => [...supported]

const decode = (row: Readonly<Record<string, string>>): TypeDefinition => {
  const properties = new Map<string, Property>()
  const required: TypeDefinition['required'][number][] = []
  for (const [label, text] of Object.entries(row)) {
    const [range = '', types = '', valueSet] = text.split(' ')
    const [element = label, choice] = label.split('[x]')
    const names: string[] = []
    for (const written of types === '*' ? table.openTypes : types.split('|')) {
      const type = written.replace('@', '')
      const name = choice === undefined ? element : `${element}${type.charAt(0).toUpperCase()}${type.slice(1)}`
      const isPrimitive = /^[a-z]/.test(type)
      // Neither an attribute (`@`) nor XHTML can carry an id or extensions.
      const hasSibling = isPrimitive && written === type && type !== 'xhtml'
      const common = { element, label, value: name, isList: range.endsWith('*'), isChoice: choice !== undefined }
      properties.set(name, {
        ...common,
        type,
        isPrimitive,
        isSibling: false,
        ...(hasSibling && { sibling: `_${name}` }),
        ...(type === 'code' && valueSet !== undefined && { valueSet }),
      })
      names.push(name)
      if (!hasSibling) continue
      properties.set(`_${name}`, { ...common, type: 'Element', isPrimitive: false, isSibling: true })
      names.push(`_${name}`)
    }
    if (!range.startsWith('0')) required.push({ label, element, properties: names })
  }
  return { properties, required }
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const definitions = new Map<string, TypeDefinition>()
const supported = words(json.supported)
const resourceTypes = words(json.resourceTypes)

// Maps, so that a type or value set named `constructor` is simply not there.
const table = {
  openTypes: json.openTypes.split(' '),
  codes: new Map<string, string>(Object.entries(json.codes)),
  types: new Map<string, Readonly<Record<string, string>>>(Object.entries(json.types)),
}
