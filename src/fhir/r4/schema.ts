/**
 * Zod schemas for FHIR R4, built from the table of elements, each on first use.
 *
 * Objects are read property by property instead of with `z.strictObject`: that visits every property a type could have
 * (an Extension has 72, and uses two), took half as long again for a Consent with ten provisions, and cannot say what FHIR
 * says about `_siblings`, choices, and required elements that are there as a `_sibling` only.
 */
import { z } from 'zod'
import { codesOf, definitionOf, isSupportedType, type Property } from './elements.ts'
import { isRecord } from './json-kind.ts'
import { resourceTypeOf } from './locate.ts'
import { objectProblems } from './object-rules.ts'
import { primitiveOf } from './primitives.ts'

/**
 * Schema of a resource type, by name. Narrative is checked and then left out of the result.
 *
 * @returns undefined when the type is not one the gateway reads
 */
export const resourceSchema = (type: string): z.ZodType | undefined =>
  isSupportedType(type) ? objectSchema(type) : undefined

/** Most issues told to a sender at once. */
export const MAX_ISSUES = 20

const objects = new Map<string, z.ZodType>()

// A property and its schema, which is built when a message first has the property: datatypes refer to one another in circles.
type Field = { readonly property: Property; schema: z.ZodType | undefined }

const objectSchema = (type: string): z.ZodType => {
  const known = objects.get(type)
  if (known !== undefined) return known
  const definition = definitionOf(type)
  if (definition === undefined) throw new Error(`the table of R4 elements has no type \`${type}\``)
  const fields = new Map<string, Field>()
  for (const [name, property] of definition.properties) fields.set(name, { property, schema: undefined })
  const resource = isSupportedType(type) ? { resourceType: type } : undefined

  const schema = z.transform((input: unknown, context) => {
    if (!isRecord(input)) {
      context.issues.push({ code: 'invalid_type', expected: 'object', input })
      return undefined
    }
    const output: Record<string, unknown> = { ...resource }
    const present: Property[] = []
    const unknown: string[] = []
    for (const name of Object.keys(input)) {
      const field = fields.get(name)
      if (field === undefined) {
        const isOther = resource === undefined || name !== 'resourceType'
        if (isOther && unknown.length < MAX_ISSUES) unknown.push(name)
        continue
      }
      const { property } = field
      present.push(property)
      const parsed = (field.schema ??= propertySchema(property)).safeParse(input[name])
      if (!parsed.success) forward(parsed.error, [name], context)
      // Narrative is markup from a stranger: nobody here renders it, so nobody shall store or relay it either.
      else if (property.type !== 'Narrative') output[name] = parsed.data
    }
    if (unknown.length > 0) context.issues.push({ code: 'unrecognized_keys', keys: unknown, input })
    for (const { path, ...params } of objectProblems(type, definition, present, input, context.issues.length === 0)) {
      context.issues.push({ code: 'custom', input, path, params })
    }
    return output
  })
  objects.set(type, schema)
  return schema
}

// Issues are copied at every level on the way up: unbounded, a message that is wrong everywhere would cost its size times its
// depth.
const forward = (error: z.ZodError, path: readonly string[], context: z.core.$RefinementCtx): void => {
  for (const issue of error.issues.slice(0, Math.max(0, MAX_ISSUES - context.issues.length))) {
    context.issues.push({ ...issue, path: [...path, ...issue.path], input: undefined })
  }
}

const propertySchema = (property: Property): z.ZodType => {
  const single = valueSchema(property)
  // Lists of primitives are padded with null where only the `_sibling` has content, and the other way round.
  const mayPad = property.isSibling || property.sibling !== undefined
  const list = z.array(mayPad ? z.nullable(single) : single).min(1)
  return property.isList ? list : single
}

const valueSchema = (property: Property): z.ZodType => {
  if (property.type === 'Resource') return property.element === 'contained' ? containedResource : anyResource
  if (!property.isPrimitive) return objectSchema(property.type)
  const { accepts } = primitiveOf(property.type)
  if (property.valueSet === undefined) return z.custom(accepts)
  const codes: ReadonlySet<unknown> = codesOf(property.valueSet)
  return z.custom((value) => codes.has(value))
}

// A nested resource is read by the schema that its own resourceType names.
const nestedResource = (isContained: boolean) =>
  z.transform((input: unknown, context) => {
    const type = resourceTypeOf(input)
    const schema = typeof type === 'string' ? resourceSchema(type) : undefined
    if (schema === undefined || !isRecord(input)) {
      context.issues.push({ code: 'custom', input, path: [], params: { problem: 'resource' } })
      return undefined
    }
    if (isContained && Object.hasOwn(input, 'contained')) {
      context.issues.push({ code: 'custom', input, path: ['contained'], params: { problem: 'nested-contained' } })
      return undefined
    }
    const parsed = schema.safeParse(input)
    if (parsed.success) return parsed.data
    forward(parsed.error, [], context)
    return undefined
  })

const anyResource = nestedResource(false)
const containedResource = nestedResource(true)
