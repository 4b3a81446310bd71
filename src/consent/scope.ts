import type { Provision } from './consent-record.ts'
import { intersect } from './period.ts'

/** What a provision tests, after taking what it does not state from its ancestors. */
export type Scope = Omit<Provision, 'type' | 'provisions'>

/**
 * Rule 8: what a nested provision does not state it takes from the nearest ancestor that states it; what it states
 * replaces the ancestor's. Rule 9: only the period is intersected along the path.
 */
export const inherit = (outer: Scope | undefined, own: Scope): Scope =>
  outer === undefined || !statesAnything(outer)
    ? own
    : {
        period: intersect(outer.period, own.period),
        actors: stated(own.actors, outer.actors),
        actions: stated(own.actions, outer.actions),
        purposes: stated(own.purposes, outer.purposes),
        classes: stated(own.classes, outer.classes),
        codes: stated(own.codes, outer.codes),
        securityLabels: stated(own.securityLabels, outer.securityLabels),
        dataPeriod: own.dataPeriod === 'unstated' ? outer.dataPeriod : own.dataPeriod,
        data: stated(own.data, outer.data),
        // INVARIANT (unknown spreads down): what nobody understands in an ancestor stays unknown in its children.
        unreadable: [...outer.unreadable, ...own.unreadable],
      }

const stated = <T>(own: readonly T[], outer: readonly T[]): readonly T[] => (own.length > 0 ? own : outer)

/** Whether a provision states anything of its own besides its type. */
export const statesAnything = (scope: Scope): boolean =>
  scope.period !== 'unstated' ||
  scope.dataPeriod !== 'unstated' ||
  scope.actors.length > 0 ||
  scope.actions.length > 0 ||
  scope.purposes.length > 0 ||
  scope.classes.length > 0 ||
  scope.codes.length > 0 ||
  scope.securityLabels.length > 0 ||
  scope.data.length > 0 ||
  scope.unreadable.length > 0
