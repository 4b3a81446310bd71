/**
 * What a run leaves behind, from three witnesses that do not know each other: the producers' journals, the recipients'
 * logs and the database. Instants are microseconds of commits (`pg_xact_commit_timestamp`), so they compare.
 */
export type Evidence = {
  readonly acknowledged: readonly Acknowledged[]
  /** Everything whose record stands in the database at the end, named as in `acknowledged`. */
  readonly recorded: ReadonlyMap<string, Recorded>
  /** In the order in which they arrived. */
  readonly arrivals: readonly Arrival[]
  readonly items: readonly Item[]
  readonly sendings: readonly Sending[]
  readonly consents: readonly Consented[]
  /** Endpoints of each recipient. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>
}

/** Something a producer was told is kept: a message, or a version of a consent. */
export type Acknowledged = { readonly record: string }

export type Recorded = {
  readonly client: string
  /** When it was committed. */
  readonly at: number
  /** A message is to be told; the version of a consent is only to be kept. */
  readonly kind: 'message' | 'consent'
}

/** An item as it came to a recipient: a request whose body was read to its end, or an entry of an inbox page. */
export type Arrival = {
  readonly endpoint: string
  readonly id: string
  /** Of the bytes. */
  readonly digest: string
  /** As the recipient was told it; some bodies do not say. */
  readonly number: number | undefined
  /** Whether the recipient took it: it answered, or tried to answer, 2xx. */
  readonly accepted: boolean
  /** Seen for the first time when an inbox was read again from its beginning. */
  readonly reread?: true
}

/** One piece of information for one endpoint, as it stands in the database at the end. */
export type Item = {
  readonly id: string
  readonly kind: 'update' | 'notice'
  readonly channel: 'webhook' | 'inbox'
  readonly endpoint: string
  readonly recipient: string
  readonly client: string
  /** The message it tells, named as in `recorded`; a notice has none. */
  readonly record: string | undefined
  readonly state: string
  readonly number: number | undefined
  /** When its state was last written. */
  readonly at: number
  /** Whether the database holds that it may have left. */
  readonly mayHaveLeft: boolean
  /** May pass what waits in its lane. */
  readonly urgent?: boolean
}

/** A sending, or the first reading of an inbox item, was written. */
export type Sending = { readonly item: string; readonly at: number }

/** A written permission for one recipient, in force from one commit to another. */
export type Consented = {
  readonly client: string
  readonly recipient: string
  readonly from: number
  readonly until: number | undefined
}
