import { z } from 'zod'
import { profileUrl } from '../src/domain/codes.ts'
import { isRecord } from '../src/fhir/r4/json-kind.ts'
import { mutationsOf } from '../test/fhir/mutations.ts'
import { type Example, unclaimed } from './examples.ts'
import { patched } from './patch.ts'

export type Mutant = {
  readonly profile: string
  readonly kind: string
  /** `Type.path` of what was changed. */
  readonly place: string
  readonly resource: unknown
}

/** Single changes to the first example of each profile: of its structure, and of what only a profile looks at. */
export const mutantsOf = (examples: readonly Example[]): readonly Mutant[] => {
  const first = new Map(examples.toReversed().map((example) => [example.profile, example]))
  return [...first.values()].flatMap(({ profile, resource }) => {
    // The claim is the judges' to add: a mutated claim would leave nothing to disagree about.
    const valid = unclaimed(resource)
    const type = isRecord(valid) ? String(valid['resourceType']) : ''
    return [...mutationsOf(valid).filter(({ kind }) => STRUCTURAL.includes(kind)), ...otherValues(valid)]
      .filter(({ path }) => !sharesFrame(profile) || path[0] === 'extension' || path[0] === 'category')
      .map((mutation) => ({
        profile: profileUrl(profile),
        kind: mutation.kind,
        place: [type, ...mutation.path].join('.'),
        resource: mutation.resource,
      }))
  })
}

// The other ways to break JSON say nothing about profiles; `test/fhir/agreement.test.ts` compares them.
const STRUCTURAL = ['removed', 'another kind', 'unknown element']

/** What surrounds the fields is the same in every update of its kind: it is mutated in one of them. */
const sharesFrame = (profile: string): boolean =>
  /^(told|care-team-message)-/.test(profile) &&
  profile !== 'told-medication-detail' &&
  profile !== 'care-team-message-medication'

type Path = readonly (string | number)[]
type Change = { readonly kind: string; readonly path: Path; readonly resource: unknown }

/** Other codes, systems and references, and list items given twice. */
const otherValues = (resource: unknown, value: unknown = resource, path: Path = []): readonly Change[] => {
  const changed = (kind: string, next: unknown): Change => ({
    kind,
    path,
    resource: patched(resource, [{ op: 'replace', path: `/${path.join('/')}`, value: z.json().parse(next) }]),
  })
  if (Array.isArray(value)) {
    const items = value.flatMap((item, index) => otherValues(resource, item, [...path, index]))
    return [...items, changed('item twice', [...value, value.at(-1)])]
  }
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([key, item]) => otherValues(resource, item, [...path, key]))
  }
  switch (path.at(-1)) {
    case 'code':
    case 'valueCode':
    case 'status':
      return [changed('another code', 'something-else')]
    case 'system':
    case 'url':
      return [changed('another system', 'https://example.org/another')]
    case 'reference':
      return [changed('another type', 'Location/1')]
    default:
      return []
  }
}
