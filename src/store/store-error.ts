/**
 * A fault of the store, never of a client's request: the caller answers 5xx or ends the process.
 * `message` is one line in lower case and holds no client data; the engine's own words travel in `cause`.
 *
 * @example throw storeError('store-locked', 'store `/var/lib/gateway` is open in process 12')
 */
export const storeError = (
  code: StoreErrorCode,
  message: string,
  options: { readonly cause?: unknown } = {},
): StoreError => Object.assign(new Error(message, options), { name: 'StoreError' as const, code })

export const isStoreError = (value: unknown): value is StoreError =>
  value instanceof Error && value.name === 'StoreError' && 'code' in value

export type StoreError = Error & { readonly name: 'StoreError'; readonly code: StoreErrorCode }

/**
 * Stable: operators and tests match on these words.
 * - `store-locked`: another process has the directory open
 * - `store-not-durable`: a commit would be acknowledged without having reached the disk
 * - `store-unreadable`: the directory holds something the engine cannot start from
 * - `engine-unsafe`: the database server is too old, or set up to lose acknowledged commits
 * - `schema-unknown`: a newer build has taken away what this one needs
 * - `schema-in-use`: this build would take away what one that is running needs
 * - `store-not-empty`, `store-in-use`: a backup is restored into an empty store that no gateway has open, nowhere else
 * - `backup-refused`: damaged, cut off, altered, of another schema or under another key; nothing was restored
 * - `backup-exists`: there is a file of that name already
 * - `store-failed`: the engine stopped while running (disk error, abort); reopen to recover from its log
 */
export type StoreErrorCode =
  | 'engine-unsafe'
  | 'schema-unknown'
  | 'schema-in-use'
  | 'store-locked'
  | 'store-not-durable'
  | 'store-unreadable'
  | 'store-not-empty'
  | 'store-in-use'
  | 'backup-refused'
  | 'backup-exists'
  | 'store-failed'
