import type { Identity } from '../domain/identity.ts'
import { type InformationCategory, type InformationCode, levelsOf } from '../domain/information.ts'
import type { ConsentRecord } from './consent-record.ts'
import { type GatewayRule, type HardRule, hardRule } from './hard-rules.ts'
import { canonical, type Opinion, weighAll } from './opinion.ts'
import type { DecisionRequest, Policy } from './request.ts'

declare const permitBrand: unique symbol

/**
 * The decision's yes, good for exactly one disclosure. Only `decide` can make one: the brand is a symbol this file does
 * not export, and `spendPermit` knows every genuine permit at run time.
 */
export type Permit = {
  readonly [permitBrand]: true
  readonly client: readonly Identity[]
  readonly recipient: readonly Identity[]
  readonly information: InformationCode | undefined
  readonly record: DecisionRecord
}

/** Why the decision is what it is, in codes only: it is kept in the audit and shown in three languages (rule 24). */
export type DecisionRecord = Opinion & {
  readonly outcome: 'permit' | 'deny'
  /** The rule that forbids whatever the consents say. */
  readonly hardRule: HardRule | GatewayRule | undefined
  readonly asOf: number
  readonly zone: string
  readonly policyVersion: string
}

export type Decision =
  | { readonly outcome: 'permit'; readonly permit: Permit; readonly record: DecisionRecord }
  | { readonly outcome: 'deny'; readonly record: DecisionRecord }

const genuine = new WeakSet<object>()

/**
 * Decides one request against all consents of the client. Pure: no clock, no I/O; the order of consents never matters.
 * There is one exit that permits, at the end; every early return denies, and an error inside denies (rule 20).
 */
export const decide = (
  request: DecisionRequest,
  consents: readonly ConsentRecord[],
  asOf: number,
  policy: Policy,
): Decision => {
  const frame = { asOf, policy }
  try {
    const forbidden = hardRule(request)
    if (forbidden !== undefined) return deny({ ...nothing, reason: 'denied' }, forbidden, frame)
    return conclude(request, weighAll(request, consents, frame), frame)
  } catch {
    return failed(frame)
  }
}

/**
 * The deepest permitted level of a category, tried from deep to shallow. When none is permitted the refusal is the one
 * for the shallowest level, which is the least that would have been needed.
 */
export const decideDeepest = (
  request: DecisionRequest,
  category: InformationCategory,
  consents: readonly ConsentRecord[],
  asOf: number,
  policy: Policy,
): Decision => {
  const frame = { asOf, policy }
  const [shallowest, ...deeper] = levelsOf(category).map((level) => ({ ...request, information: { category, level } }))
  try {
    for (const one of deeper.toReversed()) {
      if (hardRule(one) !== undefined) break
      const opinion = weighAll(one, consents, frame)
      if (opinion.reason === 'permitted') return conclude(one, opinion, frame)
    }
  } catch {
    return failed(frame)
  }
  return decide(shallowest ?? request, consents, asOf, policy)
}

const conclude = (request: DecisionRequest, opinion: Opinion, frame: Frame): Decision =>
  opinion.reason === 'permitted'
    ? grant(request, recordOf('permit', canonical(opinion), undefined, frame))
    : deny(canonical(opinion), undefined, frame)

/** INVARIANT (an error denies): a rule that throws must not leave a gap through which something passes. */
const failed = (frame: Frame): Decision =>
  deny({ ...nothing, reason: 'indeterminate', unknowns: ['evaluation-failed'] }, undefined, frame)

/** Uses a permit up. @throws when the permit is not one of `decide`'s, or was used before: a bug, never bad input. */
export const spendPermit = (permit: Permit): void => {
  if (!genuine.delete(permit)) throw new Error('permit is not genuine or was used before')
}

const grant = ({ client, recipient, information }: DecisionRequest, record: DecisionRecord): Decision => {
  const permit = Object.freeze({ client, recipient, information, record })
  genuine.add(permit)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place where a permit is made
  return { outcome: 'permit', permit: permit as unknown as Permit, record }
}

const nothing = { basis: [], notApplicable: [], unknowns: [] } as const

type Frame = { readonly asOf: number; readonly policy: Policy }

const deny = (opinion: Opinion, forbidden: HardRule | undefined, frame: Frame): Decision => ({
  outcome: 'deny',
  record: recordOf('deny', opinion, forbidden, frame),
})

const recordOf = (
  outcome: 'permit' | 'deny',
  { reason, basis, notApplicable, unknowns }: Opinion,
  forbidden: HardRule | undefined,
  { asOf, policy }: Frame,
): DecisionRecord => ({
  outcome,
  reason,
  hardRule: forbidden,
  basis,
  notApplicable,
  unknowns,
  asOf,
  zone: policy.zone,
  policyVersion: policy.version,
})
