/** The examples and counter-examples of every profile: `profiles/examples/*.yaml`, and those of the updates. */
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { Operation, patched } from './patch.ts'
import { updateExamples } from './update-examples.ts'

export type Example = {
  /** Id of the profile. */
  readonly profile: string
  readonly name: string
  readonly resource: unknown
}

/** An example that is broken in one place. */
export type CounterExample = Example & {
  /** FHIRPath at which the issue must be reported. */
  readonly at: string
}

export type Examples = { readonly valid: readonly Example[]; readonly invalid: readonly CounterExample[] }

/** The resource without its claims, so that a judge looks at R4 alone. */
export const unclaimed = (resource: unknown): unknown => {
  if (typeof resource !== 'object' || resource === null || !('meta' in resource)) return resource
  const { meta } = resource
  if (typeof meta !== 'object' || meta === null || !('profile' in meta)) return resource
  const { profile: _claims, ...rest } = meta
  return { ...resource, meta: rest }
}

/** @throws when a file is not as `Source` says, or a patch leads nowhere */
export const allExamples = (): Examples => {
  const written = readdirSync(FOLDER).map((file) => examplesIn(file.replace('.yaml', '')))
  const all = [...written, updateExamples()]
  return { valid: all.flatMap(({ valid }) => valid), invalid: all.flatMap(({ invalid }) => invalid) }
}

const FOLDER = new URL('../profiles/examples/', import.meta.url)

const Variant = z.strictObject({ from: z.string(), patch: z.array(Operation).min(1) })
const Source = z.strictObject({
  examples: z.record(
    z.string(),
    z.union([z.strictObject({ resource: z.looseObject({ resourceType: z.string() }) }), Variant]),
  ),
  'counter-examples': z.record(z.string(), Variant.extend({ at: z.string() })),
})

const examplesIn = (profile: string): Examples => {
  const source = Source.parse(parse(readFileSync(new URL(`${profile}.yaml`, FOLDER), 'utf8')))
  const resources = new Map<string, unknown>()
  const variantOf = ({ from, patch }: z.infer<typeof Variant>): unknown => {
    if (!resources.has(from)) throw new Error(`\`${profile}\` has no example \`${from}\` yet`)
    return patched(resources.get(from), patch)
  }
  for (const [name, one] of Object.entries(source.examples)) {
    resources.set(name, 'resource' in one ? one.resource : variantOf(one))
  }
  return {
    valid: [...resources].map(([name, resource]) => ({ profile, name, resource })),
    invalid: Object.entries(source['counter-examples']).map(([name, one]) => ({
      profile,
      name,
      resource: variantOf(one),
      at: one.at,
    })),
  }
}
