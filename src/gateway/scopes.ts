/** Create, read, update, delete, search: SMART App Launch 2.2 "Scopes for requesting FHIR resources", in this order. */
const scopeActions = ['c', 'r', 'u', 'd', 's'] as const
export type ScopeAction = (typeof scopeActions)[number]

/** What a system may do with one resource type; `*` stands for every type. */
export type Scope = { readonly type: string; readonly actions: readonly ScopeAction[] }

/**
 * Reads one `system/` scope in version 2 syntax, such as `system/Task.rs`; undefined for everything else.
 *
 * A scope narrowed by search parameters (`?category=…`) is undefined too: the parameters would not be enforced here,
 * and a scope wider than the one asked for must not be granted.
 */
export const parseScope = (word: string): Scope | undefined => {
  const [, type, actions] = /^system\/(\*|[A-Z][A-Za-z]{0,63})\.(c?r?u?d?s?)$/.exec(word) ?? []
  if (type === undefined || actions === undefined || actions === '') return undefined
  return { type, actions: scopeActions.filter((action) => actions.includes(action)) }
}

/**
 * Scopes asked for, separated by spaces. Version 1 words are read as SMART 2.2 §"SMART v1 scopes" translates them:
 * `.read` → `.rs`, `.write` → `.cud`, `.*` → `.cruds`. Words that grant nothing here (`openid`, `patient/…`) are left out.
 */
export const parseScopes = (text: string): readonly Scope[] =>
  text.split(' ').flatMap((word) => parseScope(inVersion2(word)) ?? [])

/** Scopes as one string, in version 2 syntax. */
export const scopeText = (scopes: readonly Scope[]): string =>
  scopes.map(({ type, actions }) => `system/${type}.${actions.join('')}`).join(' ')

/**
 * What is both requested and allowed, sorted by type, one scope a type. `system/*.rs` asked of a party that may
 * `system/Task.cru` grants `system/Task.r`.
 *
 * @example
 * scopeText(narrowScopes(parseScopes('system/*.read'), parseScopes('system/Task.cru'))) // 'system/Task.r'
 */
export const narrowScopes = (requested: readonly Scope[], allowed: readonly Scope[]): readonly Scope[] => {
  const granted = new Map<string, Set<ScopeAction>>()
  for (const wanted of requested) {
    for (const limit of allowed) {
      const type = narrowType(wanted.type, limit.type)
      const actions = wanted.actions.filter((action) => limit.actions.includes(action))
      if (type === undefined || actions.length === 0) continue
      granted.set(type, new Set([...(granted.get(type) ?? []), ...actions]))
    }
  }
  return [...granted]
    .map(([type, actions]) => ({ type, actions: scopeActions.filter((action) => actions.has(action)) }))
    .toSorted((left, right) => (left.type < right.type ? -1 : 1))
}

/** Whether a caller's token allows an action on a resource type. */
export const requireScope = (
  caller: { readonly scopes: readonly Scope[] },
  type: string,
  action: ScopeAction,
): boolean =>
  caller.scopes.some((scope) => (scope.type === type || scope.type === '*') && scope.actions.includes(action))

const narrowType = (wanted: string, limit: string): string | undefined => {
  if (wanted === limit || limit === '*') return wanted
  return wanted === '*' ? limit : undefined
}

const version1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' }

const inVersion2 = (word: string): string =>
  word.replace(/\.(read|write|\*)$/, (whole, actions: string) => `.${version1[actions] ?? whole}`)
