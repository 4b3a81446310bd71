/** unique_violation, serialization_failure, deadlock_detected: somebody else was first; look again and decide anew. */
const conflictCodes = new Set(['23505', '40001', '40P01'])

/** Whether the store runs the transaction again by itself. */
export const isConflict = (error: unknown): boolean => conflictCodes.has(codeOf(error))

/** An engine's SQLSTATE, or a word of the store's own. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
