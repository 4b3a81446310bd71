/** The constraints of our profiles that R4 states in FHIRPath, by key; the same words stand in `profiles/input/fsh`. */
import { phonePattern } from '../../domain/update.ts'
import { needsReason } from '../../domain/referral-state.ts'
import { isRecord } from '../r4/json-kind.ts'

export type Invariant = {
  readonly holds: (value: unknown) => boolean
  /** What to do, for the sender. */
  readonly advice: string
}

/** @throws when the profiles have a constraint that is not here: a fault of ours, found by the tests. */
export const invariantOf = (key: string): Invariant => {
  const invariant = invariants.get(key)
  if (invariant === undefined) throw new Error(`no rule for the constraint \`${key}\``)
  return invariant
}

const evidenceStands = (consent: unknown): boolean => {
  if (get(consent, 'status') !== 'active') return true
  const permits = list(get(get(consent, 'provision'), 'provision')).some((one) => get(one, 'type') === 'permit')
  if (!permits) return true
  const source = get(consent, 'sourceAttachment') ?? get(consent, 'sourceReference')
  return source !== undefined && list(get(consent, 'verification')).some((one) => get(one, 'verified') === true)
}

const reasonIsGiven = (task: unknown): boolean =>
  !needsReason.some((status) => status === get(task, 'status')) || get(get(task, 'statusReason'), 'text') !== undefined

const get = (value: unknown, name: string): unknown =>
  isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const invariants: ReadonlyMap<string, Invariant> = new Map([
  [
    'ips-consent-evidence',
    { holds: evidenceStands, advice: 'a permission needs its signed form (`source`) and a `verification`' },
  ],
  ['ips-task-reason', { holds: reasonIsGiven, advice: 'say why in `statusReason.text`' }],
  [
    'ips-phone',
    {
      holds: (value) => typeof value === 'string' && phonePattern.test(value),
      advice: 'write a telephone number and nothing else',
    },
  ],
])
