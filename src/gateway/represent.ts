import type { Context } from 'hono'
import type { ReadResource } from '../exchange/read-context.ts'
import { type EntryResult, includesVersion } from '../exchange/submission.ts'
import { operationOutcome } from '../fhir/outcome.ts'
import { readCondition } from './conditions.ts'
import { returnPreference, type Returned } from './prefer.ts'
import { fhir } from './respond.ts'

/** A resource with its version; 304 when the reader has this version already (R4 http.html#cread). */
export const represent = (c: Context, { resource, version, updatedAt }: ReadResource): Response => {
  c.header('ETag', `W/"${version}"`)
  c.header('Last-Modified', new Date(updatedAt).toUTCString())
  const isKnown = includesVersion(readCondition(c.req.header('if-none-match')), version)
  return isKnown ? c.body(null, 304) : fhir(c, resource)
}

/** The answer to a write, with as much as the sender prefers. */
export const written = (c: Context, baseUrl: string, result: EntryResult): Response => {
  c.header('Location', `${baseUrl}/fhir/${result.type}/${result.id}/_history/${result.version}`)
  c.header('ETag', `W/"${result.version}"`)
  c.header('Last-Modified', new Date(result.updatedAt).toUTCString())
  const returned = returnPreference(c.req.header('prefer'))
  if (returned === 'minimal') return c.body(null, result.status)
  if (returned === 'OperationOutcome') return fhir(c, operationOutcome(result.notes), result.status)
  return fhir(c, result.resource, result.status)
}

/** Without a preference: where it stands, and what the sender should know. */
export const responseEntry = (result: EntryResult, returned: Returned | undefined) => ({
  ...(returned === 'representation' && { resource: result.resource }),
  response: {
    status: result.status === 201 ? '201 Created' : '200 OK',
    location: `${result.type}/${result.id}/_history/${result.version}`,
    etag: `W/"${result.version}"`,
    lastModified: new Date(result.updatedAt).toISOString(),
    ...(isOutcomeWanted(result, returned) && { outcome: operationOutcome(result.notes) }),
  },
})

const isOutcomeWanted = ({ notes }: EntryResult, returned: Returned | undefined): boolean =>
  returned === 'OperationOutcome' || (notes.length > 0 && returned !== 'minimal')
