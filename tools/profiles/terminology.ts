/** FHIR R4 CodeSystem and ValueSet, written in one way only. */
import { CANONICAL } from '../../src/domain/codes.ts'
import type { Language } from '../../src/domain/party.ts'

export type Words = { readonly en: string } & { readonly [L in Language]?: string }

export type Concept = {
  readonly code: string
  readonly words: Words
  readonly properties?: Readonly<Record<string, string | boolean>>
  readonly concepts?: readonly Concept[]
}

export type Terminology = {
  readonly resourceType: 'CodeSystem' | 'ValueSet'
  readonly id: string
  readonly url: string
  readonly [element: string]: unknown
}

/** English, Finnish, Swedish, as in `profiles/vocabulary.yaml`. */
export const wordsOf = ([en, fi, sv]: readonly [string, string, string]): Words => ({ en, fi, sv })

export const codeSystem = (system: {
  readonly id: string
  readonly title: string
  readonly why: string
  /** More codes exist than are listed. */
  readonly isFragment?: boolean
  readonly properties?: Readonly<Record<string, 'code' | 'boolean'>>
  readonly concepts: readonly Concept[]
}): Terminology => ({
  ...header('CodeSystem', system.id, system.title),
  purpose: system.why,
  caseSensitive: true,
  ...(system.concepts.some(({ concepts }) => concepts !== undefined) && { hierarchyMeaning: 'is-a' }),
  content: system.isFragment === true ? 'fragment' : 'complete',
  ...(system.properties && {
    property: Object.entries(system.properties).map(([code, type]) => ({ code, type })),
  }),
  concept: system.concepts.map(conceptOf),
})

const conceptOf = ({ code, words, properties, concepts }: Concept): unknown => ({
  code,
  display: words.en,
  designation: [
    ...(words.fi === undefined ? [] : [{ language: 'fi', value: words.fi }]),
    ...(words.sv === undefined ? [] : [{ language: 'sv', value: words.sv }]),
  ],
  ...(properties && {
    property: Object.entries(properties).map(([name, value]) =>
      typeof value === 'boolean' ? { code: name, valueBoolean: value } : { code: name, valueCode: value },
    ),
  }),
  ...(concepts && concepts.length > 0 && { concept: concepts.map(conceptOf) }),
})

export const valueSet = (set: {
  readonly id: string
  readonly title: string
  readonly include: readonly { readonly system: string; readonly codes?: readonly string[] }[]
}): Terminology => ({
  ...header('ValueSet', set.id, set.title),
  compose: {
    include: set.include.map(({ system, codes }) => ({
      system,
      ...(codes && { concept: codes.map((code) => ({ code })) }),
    })),
  },
})

const header = <T extends Terminology['resourceType']>(resourceType: T, id: string, title: string) => ({
  resourceType,
  id,
  url: `${CANONICAL}/${resourceType}/${id}`,
  version: '0.1.0',
  name: id.replaceAll(/(?:^|-)([a-z])/g, (_all, letter: string) => letter.toUpperCase()),
  title,
  status: 'draft' as const,
  experimental: false,
  publisher: 'ips-gateway',
})
