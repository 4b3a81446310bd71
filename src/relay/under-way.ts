/**
 * Sendings of one worker that have not come back, by endpoint. An endpoint with as many as this gets no further lanes for
 * now: one that does not answer would take every place, and the others would wait for its time-outs. As many as the
 * outbound client opens connections to one origin; more would only wait in front of them.
 */
const MOST_PER_ENDPOINT = 16

export type UnderWay = {
  begin(endpoint: string): void
  end(endpoint: string): void
  /** Over all endpoints. */
  total(): number
  full(): ReadonlySet<string>
}

export const countUnderWay = (): UnderWay => {
  const counts = new Map<string, number>()
  let total = 0
  const add = (endpoint: string, n: 1 | -1): void => {
    total += n
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + n)
  }
  return {
    begin: (endpoint) => add(endpoint, 1),
    end: (endpoint) => add(endpoint, -1),
    total: () => total,
    full: () => new Set([...counts].flatMap(([endpoint, count]) => (count >= MOST_PER_ENDPOINT ? [endpoint] : []))),
  }
}
