import type { Bundle, BundleEntry, BundleEntryRequest, OperationOutcome, Resource } from '@medplum/fhirtypes'
import type { Context } from 'hono'
import { type OutcomeIssue, operationOutcome } from '../fhir/outcome.ts'
import { parseResource } from '../fhir/parse-resource.ts'
import { isRecord } from '../fhir/r4/json-kind.ts'
import { type Invalid, refusedResource } from './read-entries.ts'
import { fhir, outcome } from './respond.ts'

export const isBatch = (json: unknown): boolean =>
  isRecord(json) && json['resourceType'] === 'Bundle' && json['type'] === 'batch'

/** The request each entry stands for, or what is wrong with it. */
type Step = { readonly request: Request } | { readonly issue: OutcomeIssue }

type Batch = { readonly outcome: 'read'; readonly steps: readonly Step[] } | Invalid

type Around = {
  /** Address of the batch itself, as it was called. */
  readonly url: string
  /** Sent with every entry's request: who calls, and what it prefers to get back. */
  readonly headers: Readonly<Record<string, string>>
}

/** The whole gateway, asked from inside. */
export type Ask = (request: Request) => Response | Promise<Response>

/** The requests of a batch, one after another, each as if it had come by itself. */
export const answerBatch = async (
  c: Context,
  json: unknown,
  { ask, base, requestId }: { readonly ask: Ask; readonly base: string; readonly requestId: string },
): Promise<Response> => {
  const headers = {
    authorization: c.req.header('authorization') ?? '',
    'x-request-id': requestId,
    // What is queued and what is not is said in an outcome, unless the sender prefers otherwise.
    prefer: c.req.header('prefer') ?? 'return=OperationOutcome',
  }
  const read = readBatch(json, { url: c.req.url, headers })
  if (read.outcome === 'invalid') return outcome(c, read.status, read.issues)
  return fhir(c, await runBatch(read.steps, ask, base))
}

/**
 * A batch (R4 http.html#brules): every entry is a request of its own, so that it is made one. Only the envelope is read
 * here; a fault in one resource is for the answer to that one.
 */
const readBatch = (json: unknown, around: Around): Batch => {
  const entries: readonly unknown[] = isRecord(json) && Array.isArray(json['entry']) ? json['entry'] : []
  if (entries.length === 0) return { outcome: 'invalid', status: 422, issues: [noEntries] }
  const parsed = parseResource({ ...(isRecord(json) ? json : {}), entry: entries.map(withoutResource) })
  if (parsed.outcome === 'invalid') return refusedResource(parsed)
  const envelope = parsed.resource.resourceType === 'Bundle' ? (parsed.resource.entry ?? []) : []
  const steps = envelope.map(({ request }, index) => {
    const entry = entries[index]
    return stepOf(request, isRecord(entry) ? entry['resource'] : undefined, {
      ...around,
      path: `Bundle.entry[${index}]`,
    })
  })
  return { outcome: 'read', steps }
}

/** Not left out but replaced: an entry that held nothing else would be an empty object, which is no JSON of FHIR's. */
const withoutResource = (entry: unknown): unknown =>
  isRecord(entry) && 'resource' in entry ? { ...entry, resource: { resourceType: 'Parameters' } } : entry

/** Creates, then updates, then what reads: an entry that reads sees what the others did. The answers keep their places. */
const runBatch = async (steps: readonly Step[], ask: Ask, base: string): Promise<Bundle> => {
  const order = steps
    .map((step, place) => ({ step, place }))
    .toSorted((one, other) => rank(one.step) - rank(other.step))
  const answers: BundleEntry[] = []
  for (const { step, place } of order) {
    answers[place] =
      'issue' in step
        ? { response: { status: '422', outcome: operationOutcome([step.issue]) } }
        : await answerOf(await ask(step.request), base)
  }
  return { resourceType: 'Bundle', type: 'batch-response', entry: answers }
}

const rank = (step: Step): number => ('issue' in step ? 0 : methods.indexOf(step.request.method))

const methods: readonly string[] = ['POST', 'PUT', 'GET', 'HEAD']

/** `{Type}`, `{Type}/{id}` and its versions, with a search: nothing that leaves the address of the batch. */
const ADDRESS =
  /^[A-Z][A-Za-z]{1,40}(?:\/(?!\.+(?:[/?]|$))[A-Za-z0-9.-]{1,64}(?:\/_history(?:\/\d{1,9})?)?)?(?:\?[!-~]*)?$/

const stepOf = (
  request: BundleEntryRequest | undefined,
  resource: unknown,
  { url, headers, path }: Around & { readonly path: string },
): Step => {
  const { method = '', url: address = '' } = request ?? {}
  if (!methods.includes(method))
    return refused(`${path}.request.method`, `one of these is taken: ${methods.join(', ')}`)
  if (!ADDRESS.test(address)) {
    return refused(
      `${path}.request.url`,
      'use an address below this one, such as `Task/[id]` or `Task?status=requested`',
    )
  }
  const writes = method === 'POST' || method === 'PUT'
  if (writes === (resource === undefined)) {
    return refused(`${path}.resource`, writes ? 'the entry needs its resource' : 'an entry that reads has no resource')
  }
  const conditions = conditionsOf(request)
  if (Object.values(conditions).some((value) => !/^[ -~]*$/.test(value))) {
    return refused(`${path}.request`, 'a condition holds a character that no HTTP header can: escape it')
  }
  return {
    request: new Request(new URL(`/fhir/${address}`, url), {
      method,
      headers: { ...headers, ...conditions, ...(writes && { 'content-type': 'application/fhir+json' }) },
      ...(writes && { body: JSON.stringify(resource) }),
    }),
  }
}

const conditionsOf = ({ ifMatch, ifNoneMatch, ifNoneExist }: BundleEntryRequest = { method: 'GET', url: '' }) => ({
  ...(ifMatch !== undefined && { 'if-match': ifMatch }),
  ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
  ...(ifNoneExist !== undefined && { 'if-none-exist': ifNoneExist }),
})

const answerOf = async (response: Response, base: string): Promise<BundleEntry> => {
  const header = (name: string): string | undefined => response.headers.get(name) ?? undefined
  const [location, etag, modified] = [header('location'), header('etag'), header('last-modified')]
  const text = await response.text()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every answer of this gateway is a resource or empty
  const body = text === '' ? undefined : (JSON.parse(text) as Resource)
  return {
    ...(body !== undefined && !isOutcome(body) && { resource: body }),
    response: {
      status: statusText[response.status] ?? String(response.status),
      ...(location !== undefined && { location: location.replace(`${base}/`, '') }),
      ...(etag !== undefined && { etag }),
      ...(modified !== undefined && { lastModified: new Date(modified).toISOString() }),
      ...(isOutcome(body) && { outcome: body }),
    },
  }
}

const statusText: Readonly<Record<number, string>> = { 200: '200 OK', 201: '201 Created', 304: '304 Not Modified' }

const isOutcome = (resource: Resource | undefined): resource is OperationOutcome =>
  resource?.resourceType === 'OperationOutcome'

const fault = (expression: string, diagnostics: string): OutcomeIssue => ({
  severity: 'error',
  code: 'invalid',
  expression,
  diagnostics,
  error: 'sender-invalid-request',
})

const refused = (expression: string, diagnostics: string): Step => ({ issue: fault(expression, diagnostics) })

const noEntries = fault('Bundle.entry', 'a batch needs at least one entry')
