import type { Provision } from './consent-record.ts'

/** A provision that states nothing. */
export const emptyProvision: Provision = Object.freeze({
  type: undefined,
  period: 'unstated',
  actors: [],
  actions: [],
  purposes: [],
  classes: [],
  codes: [],
  securityLabels: [],
  dataPeriod: 'unstated',
  data: [],
  unreadable: [],
  provisions: [],
})
