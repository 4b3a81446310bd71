import { INFORMATION_SYSTEM } from '../domain/codes.ts'
import {
  informationCategories,
  type InformationCategory,
  isInformationCategory,
  levelDepth,
  levelsOf,
} from '../domain/information.ts'
import type { Code, ConsentRecord, Effect, Provision } from './consent-record.ts'
import { codeTestsOf } from './match-data.ts'
import { inherit, type Scope } from './scope.ts'

/**
 * What a client takes back of a Consent: everything, or one information category; `keep` is the deepest level of it
 * that may still be told, none without it.
 */
export type Withdrawal = 'everything' | { readonly category: InformationCategory; readonly keep?: string }

/** What becomes of one provision: it goes, it denies from now on, or it permits these codes only. */
export type ProvisionEdit = 'drop' | 'deny' | readonly Code[]

/** Edits by the path of their provision. */
export type Edits = ReadonlyMap<string, ProvisionEdit>

export type Narrowing =
  /** The Consent opens nothing of what is taken back. */
  | { readonly outcome: 'unchanged' }
  /** Nothing is left to say: the Consent becomes inactive as it stands. */
  | { readonly outcome: 'ended' }
  /** `exact`: nothing but what is taken back is decided otherwise; else more is closed than was asked. */
  | { readonly outcome: 'narrowed'; readonly edits: Edits; readonly exact: boolean; readonly provision: Provision }

/**
 * Takes something back from a Consent in force (rule 23): its permits lose it and its refusals stay.
 *
 * INVARIANT (a withdrawal opens nothing): a permit that cannot lose its part exactly, because it has exceptions of its
 * own or goes by other codes than information categories, turns into a deny.
 */
export const narrow = (consent: ConsentRecord, withdrawal: Withdrawal, ownPolicyUris: readonly string[]): Narrowing => {
  const root = consent.provision
  // What nobody can read permits nothing as it is, and may hold a refusal.
  if (consent.status !== 'active' || root === undefined || consent.unreadable.length > 0)
    return { outcome: 'unchanged' }
  const edits = new Map<string, ProvisionEdit>()
  edit(root, { path: ROOT, outer: undefined, parent: undefined }, withdrawal, edits)
  if (edits.size === 0) return { outcome: 'unchanged' }
  const provision = editProvision(root, edits)
  if (provision === undefined || saysNothing(consent, provision, ownPolicyUris)) return { outcome: 'ended' }
  return { outcome: 'narrowed', edits, exact: ![...edits.values()].includes('deny'), provision }
}

const ROOT = 'provision'

export const nestedPath = (path: string, index: number): string => `${path}.provision[${index}]`

/** Rule 6: without typed children the default of our own form would become a deny of everything. */
const saysNothing = ({ policyUris }: ConsentRecord, root: Provision, ownPolicyUris: readonly string[]): boolean => {
  if (root.type === 'permit' || root.provisions.some(({ type }) => type !== undefined)) return false
  return root.type === undefined || policyUris.some((uri) => ownPolicyUris.includes(uri))
}

/** @returns undefined when nothing is left of it. */
const editProvision = (node: Provision, edits: Edits, path = ROOT): Provision | undefined => {
  const change = edits.get(path)
  if (change === 'drop') return undefined
  const provisions = node.provisions.flatMap(
    (child, index) => editProvision(child, edits, nestedPath(path, index)) ?? [],
  )
  if (change === undefined) return { ...node, provisions }
  return change === 'deny' ? { ...node, type: 'deny', provisions } : { ...node, codes: change, provisions }
}

/** `parent`: the effect of the provision around it (rule 7). */
type Place = { readonly path: string; readonly outer: Scope | undefined; readonly parent: Effect | undefined }

const edit = (
  node: Provision,
  { path, outer, parent }: Place,
  what: Withdrawal,
  edits: Map<string, ProvisionEdit>,
): void => {
  const effect = node.type ?? (parent === 'permit' ? 'deny' : undefined)
  // Untyped below anything but a permit it says nothing, nor does what it holds.
  if (effect === undefined && path !== ROOT) return
  const scope = inherit(outer, node)
  const change = effect === 'permit' ? editOf(node, scope, what) : undefined
  if (change !== undefined) edits.set(path, change)
  for (const [index, child] of node.provisions.entries()) {
    const nested = nestedPath(path, index)
    // The exception to a permit stays one when the permit turns into a deny.
    if (child.type === undefined && change === 'deny') edits.set(nested, 'deny')
    edit(child, { path: nested, outer: scope, parent: effect }, what, edits)
  }
}

const editOf = (permit: Provision, scope: Scope, what: Withdrawal): ProvisionEdit | undefined => {
  if (what === 'everything') return permit.provisions.every(permitsOnly) ? 'drop' : 'deny'
  const left = codesLeft(scope.codes, what)
  if (left === 'all' || left === 'unclear') return left === 'all' ? undefined : 'deny'
  if (left.length === 0) return permit.provisions.length === 0 ? 'drop' : 'deny'
  // Children that state no codes take their parent's, and would lose some of theirs.
  return permit.provisions.every(({ codes }) => codes.length > 0) ? left : 'deny'
}

const permitsOnly = ({ type, provisions }: Provision): boolean => type === 'permit' && provisions.every(permitsOnly)

/** What a permit of these codes permits without what is taken back. `unclear`: codes that can open any category. */
const codesLeft = (
  codes: readonly Code[],
  { category, keep }: Exclude<Withdrawal, 'everything'>,
): readonly Code[] | 'all' | 'unclear' => {
  const kept = keep === undefined ? undefined : { category, level: keep }
  const depth = kept === undefined ? -1 : levelDepth(kept)
  const keptCodes = kept === undefined ? [] : [wordOf(`${category}.${keep}`)]
  if (codes.length === 0) return [...deepestOfOthers(category), ...keptCodes]
  const tests = codeTestsOf(codes)
  if (tests.some(({ kind }) => kind === 'other')) return 'unclear'
  const opens = tests.map((test) => test.kind === 'information' && test.category === category && test.depth > depth)
  if (!opens.includes(true)) return 'all'
  return [...codes.filter((_code, index) => opens[index] !== true), ...keptCodes]
}

const wordOf = (code: string): Code => ({ system: INFORMATION_SYSTEM, code })

const deepestOfOthers = (category: InformationCategory): readonly Code[] =>
  Object.keys(informationCategories)
    .filter(isInformationCategory)
    .filter((other) => other !== category)
    .map((other) => {
      const level = levelsOf(other).at(-1)
      return wordOf(level === undefined ? other : `${other}.${level}`)
    })
