import type { Bundle, Resource } from '@medplum/fhirtypes'

type Version = { readonly resource: unknown; readonly version: number; readonly updatedAt: number }

/** A history Bundle of one resource (R4 §3.1.0.13), newest version first. */
export const writeHistory = (
  versions: readonly Version[],
  { type, id, url }: { readonly type: string; readonly id: string; readonly url: string },
): Bundle => ({
  resourceType: 'Bundle',
  type: 'history',
  total: versions.length,
  link: [{ relation: 'self', url: `${url}/_history` }],
  entry: versions
    .toSorted((one, other) => other.version - one.version)
    .map(({ resource, version, updatedAt }) => ({
      fullUrl: url,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is stored was parsed before it was stored
      resource: resource as Resource,
      request: version === 1 ? { method: 'POST', url: type } : { method: 'PUT', url: `${type}/${id}` },
      response: {
        status: version === 1 ? '201' : '200',
        etag: `W/"${version}"`,
        lastModified: new Date(updatedAt).toISOString(),
      },
    })),
})
