import type { Identity } from '../domain/identity.ts'
import { type InformationCategory, type InformationCode, levelsOf } from '../domain/information.ts'
import type { ConsentRecord } from './consent-record.ts'
import { type GatewayRule, type HardRule, hardRule } from './hard-rules.ts'
import { inputsOf } from './inputs.ts'
import { canonical, type Frame, type Opinion, weighAll } from './opinion.ts'
import type { Plan } from './plan.ts'
import { PURPOSE_TABLE_VERSION } from './purpose-table.ts'
import type { DataFacts, DecisionRequest, Policy } from './request.ts'

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
  readonly engine: string
  /** The client's consent epoch the caller read the consents under. */
  readonly epoch: number | undefined
  /** SHA-256 over request, consents, moment and policy: whoever has these can decide again and must get this record. */
  readonly inputs: string | undefined
}

/** Version of these rules together with the tables they use. */
const ENGINE = `ips-consent 1, purposes ${PURPOSE_TABLE_VERSION}`

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
  const matter = { request, consents, asOf, policy }
  try {
    return answer(matter)
  } catch {
    return failed(matter)
  }
}

/** Settles a plan for one resource: the same answer as deciding on it from the start (rule 21). */
export const decideUnder = ({ request, consents, asOf, policy, left }: Plan, data: DataFacts): Decision => {
  const matter = { request: { ...request, data }, consents, asOf, policy, left }
  try {
    return answer(matter)
  } catch {
    return failed(matter)
  }
}

const answer = (matter: Matter): Decision => {
  const forbidden = hardRule(matter.request)
  if (forbidden !== undefined) return deny({ ...nothing, reason: 'denied' }, forbidden, matter)
  return conclude(weighAll(matter.request, matter.consents, matter), matter)
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
  const [shallowest, ...deeper] = levelsOf(category).map((level) => ({ ...request, information: { category, level } }))
  const frame = { asOf, policy }
  try {
    for (const one of deeper.toReversed()) {
      if (hardRule(one) !== undefined) break
      const opinion = weighAll(one, consents, frame)
      if (opinion.reason === 'permitted') return conclude(opinion, { request: one, consents, ...frame })
    }
  } catch {
    return failed({ request, consents, ...frame })
  }
  return decide(shallowest ?? request, consents, asOf, policy)
}

type Matter = Frame & { readonly request: DecisionRequest; readonly consents: readonly ConsentRecord[] }

const conclude = (opinion: Opinion, matter: Matter): Decision =>
  opinion.reason === 'permitted'
    ? grant(matter.request, recordOf('permit', canonical(opinion), undefined, matter))
    : deny(canonical(opinion), undefined, matter)

/** INVARIANT (an error denies): a rule that throws must not leave a gap through which something passes. */
const failed = ({ asOf, policy }: Matter): Decision => ({
  outcome: 'deny',
  record: {
    ...nothing,
    outcome: 'deny',
    reason: 'indeterminate',
    hardRule: undefined,
    unknowns: ['evaluation-failed'],
    asOf,
    zone: policy.zone,
    policyVersion: policy.version,
    engine: ENGINE,
    epoch: undefined,
    inputs: undefined,
  },
})

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

const deny = (opinion: Opinion, forbidden: HardRule | undefined, matter: Matter): Decision => ({
  outcome: 'deny',
  record: recordOf('deny', opinion, forbidden, matter),
})

const recordOf = (
  outcome: 'permit' | 'deny',
  { reason, basis, notApplicable, unknowns }: Opinion,
  forbidden: HardRule | undefined,
  { request, consents, asOf, policy }: Matter,
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
  engine: ENGINE,
  epoch: request.epoch,
  inputs: policy.sha256?.(inputsOf(request, consents, asOf, policy)),
})
