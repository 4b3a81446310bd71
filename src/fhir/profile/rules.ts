/** What the profiles demand beyond R4 (`rules.json`, written by `npm run profiles`). */
import table from './rules.json' with { type: 'json' }

/** Demands on one element. */
export type Rule = {
  readonly min?: number
  readonly max?: number
  /** UTF-16 units of a string. */
  readonly maxLength?: number
  /** What the value must contain; a primitive must equal it. */
  readonly pattern?: unknown
  /** Canonical of the value set that is the only permitted one. */
  readonly valueSet?: string
  /** The types a choice may have. */
  readonly types?: readonly string[]
  /** The resource types a reference may point to. */
  readonly targets?: readonly string[]
  /** Canonical of the definition of an extension. */
  readonly extension?: string
  readonly invariants?: readonly string[]
  readonly elements?: Readonly<Record<string, Rule>>
  readonly slicing?: Slicing
}

/** How the values of a list are told apart; `closed`: each of them must be in a slice. */
export type Slicing = {
  /** FHIRPath of the discriminating element; `$this` for the value itself. */
  readonly path: string
  readonly closed: boolean
  readonly slices: Readonly<Record<string, Rule>>
}

export type Profile = {
  /** The resource type it constrains. */
  readonly type: string
  readonly rule: Rule
}

export const profileOf = (url: string): Profile | undefined => profiles.get(url)

/** The codes of a value set by their system. @throws when there is no such value set: a fault of ours, found by the tests. */
export const valueSetOf = (url: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const systems = valueSets.get(url)
  if (systems === undefined) throw new Error(`the table of profile rules has no value set \`${url}\``)
  return systems
}

const profiles = new Map<string, Profile>(Object.entries(table.profiles))

const valueSets = new Map(
  Object.entries(table.valueSets).map(([url, systems]) => [
    url,
    new Map(Object.entries<readonly string[]>(systems).map(([system, codes]) => [system, new Set(codes)])),
  ]),
)
