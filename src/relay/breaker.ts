import type { EndpointState } from '../store/queries/endpoints.ts'
import type { Delivery } from './channel.ts'

/** So many failures in a row, over all lanes, and the endpoint is left alone but for one lane that tries. */
export const FAILURES_TO_OPEN = 5
/** The first wait; doubled each time the lane that tries fails too. */
const FIRST_WAIT_MS = 5_000
/** A receiver that has come back is found within this time. */
const LONGEST_WAIT_MS = 300_000

/** What deliveries of one endpoint, in the order in which they came back, say about it (`at`: epoch milliseconds). */
export const afterDeliveries = (state: EndpointState, deliveries: readonly Delivery[], at: number): EndpointState =>
  deliveries.reduce((seen, delivery) => afterDelivery(seen, delivery, at), state)

const afterDelivery = (state: EndpointState, delivery: Delivery, at: number): EndpointState => {
  if (delivery.outcome === 'gone') return { ...state, disabledAt: state.disabledAt ?? at }
  if (isSignOfLife(delivery)) return { ...state, failures: 0, openedAt: undefined, openings: 0, retryAt: undefined }
  const failures = state.failures + 1
  const isNews = state.openedAt === undefined || at >= state.openedAt + waitAfter(state.openings)
  // What had been sent before the breaker opened, and fails after, is no news.
  if (failures < FAILURES_TO_OPEN || !isNews) return { ...state, failures }
  const openings = state.openings + 1
  return { ...state, failures, openedAt: at, openings, retryAt: at + waitAfter(openings) }
}

/** Whether a delivery says that the endpoint works. One that finds fault with the item itself works. */
export const isSignOfLife = (delivery: Delivery): boolean =>
  delivery.outcome === 'delivered' || (delivery.outcome === 'failed' && delivery.blames === 'item')

const waitAfter = (openings: number): number => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (openings - 1))
