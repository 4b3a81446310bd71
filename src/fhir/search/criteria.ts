import type { Identifier } from '../../domain/identity.ts'

/** One parameter of a search with its alternatives; a search meets all of its conditions (R4 search.html §3.1.1.4). */
export type Condition =
  | { readonly kind: 'id'; readonly anyOf: readonly string[] }
  /** Ids of Patients of the caller. */
  | { readonly kind: 'patient'; readonly anyOf: readonly string[] }
  | { readonly kind: 'identifier'; readonly anyOf: readonly Identifier[] }
  | { readonly kind: 'token'; readonly element: string; readonly anyOf: readonly Token[] }
  /** Half-open, epoch milliseconds. */
  | { readonly kind: 'updated'; readonly from: number; readonly until: number }

/** `system` undefined: of any system, '' : of none. `code` undefined: any code of the system. */
export type Token = { readonly system: string | undefined; readonly code: string | undefined }

/**
 * Whether a resource, *as its reader sees it*, meets a condition. Nothing else is ever compared, so that a search cannot
 * find by what a read would not show. `patient` is for whoever knows which client a resource is about.
 */
export const meets = (
  condition: Condition,
  { resource, updatedAt }: { readonly resource: unknown; readonly updatedAt: number },
): boolean => {
  switch (condition.kind) {
    case 'id':
      return condition.anyOf.some((id) => id === elementOf(resource, 'id'))
    case 'patient':
      return true
    case 'updated':
      return condition.from <= updatedAt && updatedAt < condition.until
    case 'identifier':
      return listOf(elementOf(resource, 'identifier')).some((one) =>
        condition.anyOf.some(
          ({ system, value }) => system === elementOf(one, 'system') && value === elementOf(one, 'value'),
        ),
      )
    case 'token':
      return codesOf(elementOf(resource, condition.element)).some((code) =>
        condition.anyOf.some((token) => isToken(token, code)),
      )
  }
}

/** `system` undefined: an element of type `code`, whose one value set implies the system. */
type Code = { readonly system: unknown; readonly code: unknown; readonly isBare: boolean }

const codesOf = (value: unknown): readonly Code[] =>
  listOf(value).flatMap((one): readonly Code[] => {
    if (typeof one === 'string') return [{ system: undefined, code: one, isBare: true }]
    return listOf(elementOf(one, 'coding')).map((coding) => ({
      system: elementOf(coding, 'system') ?? '',
      code: elementOf(coding, 'code'),
      isBare: false,
    }))
  })

const isToken = ({ system, code }: Token, one: Code): boolean =>
  (code === undefined || code === one.code) && (system === undefined || one.isBare || system === one.system)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

const elementOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object has just been asked for its own key
      (value as Readonly<Record<string, unknown>>)[name]
    : undefined
