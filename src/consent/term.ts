import type { ConsentRecord, Interval, Provision } from './consent-record.ts'
import { intersect } from './period.ts'
import { inherit, type Scope } from './scope.ts'

/**
 * From when until when a Consent permits anything, half-open; undefined when it never does. Infinite where no boundary
 * is stated.
 */
export const termOf = ({ provision }: Pick<ConsentRecord, 'provision'>): Interval | undefined => {
  const periods = provision === undefined ? [] : permitPeriods(provision, undefined)
  if (periods.length === 0) return undefined
  return {
    from: Math.min(...periods.map(({ from }) => from)),
    until: Math.max(...periods.map(({ until }) => until)),
  }
}

const always: Interval = { from: -Infinity, until: Infinity }

const permitPeriods = (node: Provision, outer: Scope | undefined): readonly Interval[] => {
  const scope = inherit(outer, node)
  const period = scope.period === 'unstated' ? always : scope.period
  const own = node.type === 'permit' && period !== 'invalid' && period.from < period.until ? [period] : []
  return [...own, ...node.provisions.flatMap((child) => permitPeriods(child, scope))]
}

/** The same provisions, none of which matches at or after an instant (epoch milliseconds). */
export const endedAt = (root: Provision, instant: number): Provision => ({
  ...root,
  period: intersect(root.period, { from: -8.64e15, until: instant }),
})
