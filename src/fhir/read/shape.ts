/**
 * Looking at JSON that need not be what FHIR says it is. Everything that is not as expected is written down in
 * `problems`, so that the caller can take it as unknown; nothing here throws and nothing is dropped in silence.
 */
export type Json = Readonly<Record<string, unknown>>
export type Problems = string[]

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectOf = (value: unknown, name: string, problems: Problems): Json | undefined => {
  if (value === undefined) return undefined
  if (isJson(value)) return value
  problems.push(`${name} is no object`)
  return undefined
}

/** The objects of a list. A single object where a list belongs is read as a list of one, and is a problem. */
export const objectsOf = (value: unknown, name: string, problems: Problems): readonly Json[] => {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    problems.push(`${name} is no list`)
    return isJson(value) ? [value] : []
  }
  const list: readonly unknown[] = value
  const objects: Json[] = []
  for (const one of list) {
    const object = objectOf(one ?? null, name, problems)
    if (object !== undefined) objects.push(object)
  }
  return objects
}

/** A primitive's text. Only an extension where the value belongs (data-absent-reason) is not the same as no value. */
export const textOf = (json: Json, name: string, problems: Problems): string | undefined => {
  const value = json[name]
  if (typeof value === 'string' && value !== '') return value
  if (value !== undefined || json[`_${name}`] !== undefined) problems.push(`${name} without value`)
  return undefined
}

/** What an element must not hold unless somebody understands it: modifier extensions, and names FHIR does not know. */
export const strangeIn = (json: Json, known: ReadonlySet<string>, problems: Problems): void => {
  for (const name of Object.keys(json)) {
    if (name === 'modifierExtension') {
      for (const { url } of objectsOf(json[name], name, problems)) {
        problems.push(`modifierExtension ${typeof url === 'string' ? url : 'without url'}`)
      }
      // Its name stays untold: a sender can write anything there.
    } else if (!known.has(name.startsWith('_') ? name.slice(1) : name)) problems.push('unknown element')
  }
}
