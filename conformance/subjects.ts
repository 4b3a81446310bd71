/** Everything the two judges look at. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { profileUrl } from '../src/domain/codes.ts'
import { allExamples } from './examples.ts'
import { type Mutant, mutantsOf } from './mutants.ts'

export type Subject = { readonly resource: unknown; readonly profile?: string; readonly label: string } & (
  | { readonly kind: 'example' | 'emitted' }
  | { readonly kind: 'counter-example'; readonly at: string }
  | { readonly kind: 'mutant'; readonly mutant: Mutant }
)

/**
 * @param emitted folder of what the gateway emitted in the tests; none are judged when undefined
 * @throws when there is no such folder
 */
export const subjects = (emitted: string | undefined): readonly Subject[] => {
  const { valid, invalid } = allExamples()
  return [
    ...valid.map(({ profile, name, resource }) => ({
      kind: 'example' as const,
      label: `${profile}: ${name}`,
      resource,
      profile: profileUrl(profile),
    })),
    ...invalid.map(({ profile, name, resource, at }) => ({
      kind: 'counter-example' as const,
      label: `${profile}: ${name}`,
      resource,
      profile: profileUrl(profile),
      at,
    })),
    ...mutantsOf(valid).map((mutant) => ({
      kind: 'mutant' as const,
      label: `${mutant.kind} ${mutant.place}`,
      resource: mutant.resource,
      profile: mutant.profile,
      mutant,
    })),
    ...emittedIn(emitted).map(([label, resource]) => ({ kind: 'emitted' as const, label, resource })),
  ]
}

const emittedIn = (folder: string | undefined): readonly (readonly [string, unknown])[] =>
  folder === undefined
    ? []
    : readdirSync(folder)
        .toSorted()
        .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown])
