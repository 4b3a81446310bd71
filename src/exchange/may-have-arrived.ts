import type { DisclosureState } from '../domain/refusal.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'

/** Something left before it ended for another reason than its arrival, so nobody may be told that it was not sent. */
export const mayHaveArrived = ({ state, sentAt }: Disclosure): boolean => sentAt !== undefined && endedUnsure.has(state)

const endedUnsure: ReadonlySet<DisclosureState> = new Set(['withheld', 'expired', 'superseded', 'skipped'])
