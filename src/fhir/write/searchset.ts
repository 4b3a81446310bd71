import type { Bundle, Resource } from '@medplum/fhirtypes'

/**
 * A page of a search (R4 search.html §3.1.1.1). There is no `total`: how many were found, the withheld ones included, is
 * nobody's to know.
 *
 * `meta.lastUpdated` is when the answer is complete until, a minute ago: what began before may not have committed yet. A
 * system that polls asks next for `_lastUpdated=ge` this moment and misses nothing.
 */
export const writeSearchset = (
  page: {
    readonly matches: readonly { readonly id: string; readonly resource: unknown }[]
    /** Epoch milliseconds. */
    readonly completeUntil: number
  },
  address: {
    /** FHIR base. */
    readonly baseUrl: string
    readonly type: string
    readonly self: string
    readonly next: string | undefined
  },
): Bundle => ({
  resourceType: 'Bundle',
  meta: { lastUpdated: new Date(page.completeUntil).toISOString() },
  type: 'searchset',
  link: [
    { relation: 'self', url: address.self },
    ...(address.next === undefined ? [] : [{ relation: 'next', url: address.next }]),
  ],
  ...(page.matches.length > 0 && {
    entry: page.matches.map(({ id, resource }) => ({
      fullUrl: `${address.baseUrl}/${address.type}/${id}`,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a read of it would answer with
      resource: resource as Resource,
      search: { mode: 'match' as const },
    })),
  }),
})
