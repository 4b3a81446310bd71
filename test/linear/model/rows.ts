/** Rows of the model: what the gateway's tables hold, as far as it decides what is sent and read. Times in seconds. */
export type Rows = {
  readonly client: { readonly id: string; readonly epoch: number }
  readonly consent: ConsentRow
  readonly member: { readonly client: string; readonly present: boolean }
  readonly referral: { readonly client: string; readonly live: boolean }
  readonly lane: LaneRow
  readonly counter: { readonly next: number }
  readonly item: ItemRow
  /** What is told, until it is taken back. */
  readonly update: { readonly id: string; readonly erased: boolean }
}
export type Table = keyof Rows

export const categories = ['medication', 'benefit', 'referral'] as const
export type Category = (typeof categories)[number]

export type ConsentRow = {
  readonly client: string
  readonly permits: readonly Category[]
  readonly until: number
}

export type LaneRow = {
  readonly endpoint: Endpoint
  readonly client: string
  readonly nextPosition: number
  readonly nextDelivery: number
  readonly token: number
  readonly leasedUntil: number | undefined
  readonly restsUntil: number
  readonly dueAt: number | undefined
}
/** The team's two endpoints, in the order in which they sort. */
export const endpoints = ['inbox', 'webhook'] as const
export type Endpoint = (typeof endpoints)[number]

export const openStates = ['queued', 'sending', 'possibly-received', 'dead'] as const
export const endStates = ['delivered', 'withheld', 'superseded'] as const
export type ItemState = (typeof openStates)[number] | (typeof endStates)[number]

export type ItemRow = {
  readonly id: string
  readonly endpoint: Endpoint
  readonly client: string
  readonly position: number
  readonly kind: 'update' | 'notice'
  readonly category: Category
  readonly update: string
  readonly state: ItemState
  readonly number: number | undefined
  readonly attempts: number
  readonly sentAt: number | undefined
  readonly maybeReceived: boolean
  readonly mayArriveUntil: number
  readonly urgent: boolean
  readonly notBefore: number
  /** Only for a variant that keeps the decision taken on arrival: what it had seen then. */
  readonly decidedAfter: number
}

export const laneId = ({ endpoint, client }: { readonly endpoint: Endpoint; readonly client: string }): string =>
  `${endpoint}-${client}`

export const isOpen = ({ state }: ItemRow): boolean => openStates.some((one) => one === state)
export const isEnded = ({ state }: ItemRow): boolean => endStates.some((one) => one === state)
