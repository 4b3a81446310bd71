/**
 * unique_violation, serialization_failure, deadlock_detected: somebody else was first; look again and decide anew.
 * feature_not_supported: another build has widened a table since the statement was planned; it is planned anew.
 */
const conflictCodes = new Set(['23505', '40001', '40P01', '0A000'])

/** Whether the store runs the transaction again by itself. */
export const isConflict = (error: unknown): boolean => conflictCodes.has(codeOf(error))

/** An engine's SQLSTATE, or a word of the store's own. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
