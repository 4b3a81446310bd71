import type { Bundle } from '@medplum/fhirtypes'
import { type Entry, isWritable, type Versions, writableTypes } from '../exchange/submission.ts'
import { ownReferences } from '../fhir/own-references.ts'
import { type ParsedResource, parseResource, type SupportedResource } from '../fhir/parse-resource.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { readCondition } from './conditions.ts'

export type Invalid = {
  readonly outcome: 'invalid'
  readonly status: 400 | 422
  readonly issues: readonly OutcomeIssue[]
}
export type Entries = { readonly outcome: 'read'; readonly entries: readonly Entry[] } | Invalid

export type Single = {
  readonly method: 'create' | 'update'
  readonly type: string
  readonly id: string | undefined
  readonly ifNoneExist: string | undefined
  readonly ifMatch: Versions | undefined
}

/** A lone resource as one entry; its type must be the one in the URL. */
export const readSingle = (json: unknown, single: Single, base: string): Entries => {
  const parsed = parseResource(json)
  if (parsed.outcome === 'invalid') return refusedResource(parsed)
  const { resource } = parsed
  if (resource.resourceType !== single.type || !isWritable(resource)) {
    return invalid(resource.resourceType, `this address takes ${single.type}`)
  }
  if (single.method === 'update' && resource.id !== single.id) {
    return invalid(`${single.type}.id`, 'an update carries the id that stands in the URL')
  }
  const { method, id, ifNoneExist, ifMatch } = single
  return {
    outcome: 'read',
    entries: [
      {
        path: single.type,
        method,
        resource: localised(resource, { base }),
        fullUrl: undefined,
        id,
        ifNoneExist,
        ifMatch,
      },
    ],
  }
}

/** A transaction Bundle; every entry is a create (POST) or an update (PUT). */
export const readTransaction = (json: unknown, base: string): Entries => {
  const parsed = parseResource(json)
  if (parsed.outcome === 'invalid') return refusedResource(parsed)
  const bundle = parsed.resource
  if (bundle.resourceType !== 'Bundle') {
    return invalid(
      bundle.resourceType,
      `this address takes a Bundle; send a lone resource to \`/fhir/${bundle.resourceType}\``,
    )
  }
  if (bundle.type !== 'transaction') {
    return invalid('Bundle.type', 'a `transaction` is taken here; a message or document is not')
  }
  const issues: OutcomeIssue[] = []
  const entries: Entry[] = []
  const fullUrls = new Set((bundle.entry ?? []).flatMap(({ fullUrl }) => fullUrl ?? []))
  for (const [index, entry] of (bundle.entry ?? []).entries()) {
    const read = readEntry(entry, `Bundle.entry[${index}]`)
    if ('diagnostics' in read) issues.push(read)
    else entries.push(placed(read, { base, fullUrls }))
  }
  if (issues.length > 0) return { outcome: 'invalid', status: 422, issues }
  if (entries.length === 0) return invalid('Bundle.entry', 'a transaction needs at least one entry')
  return { outcome: 'read', entries }
}

/** An entry's own address here is an address like any other: references to it have been made relative, too. */
const placed = (entry: Entry, context: { readonly base: string; readonly fullUrls: ReadonlySet<string> }): Entry => {
  const { fullUrl, resource } = entry
  return {
    ...entry,
    fullUrl: fullUrl?.startsWith(`${context.base}/`) === true ? fullUrl.slice(context.base.length + 1) : fullUrl,
    resource: localised(resource, { ...context, ...(fullUrl !== undefined && { fullUrl }) }),
  }
}

const localised = <R extends Entry['resource']>(resource: R, context: Parameters<typeof ownReferences>[1]): R =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- renaming changes strings only, not the shape
  ownReferences(resource, context) as R

type BundleEntry = NonNullable<Bundle['entry']>[number]

const readEntry = (entry: BundleEntry, path: string): Entry | OutcomeIssue => {
  const { request, fullUrl } = entry
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parseResource has parsed every entry by its own type
  const resource = entry.resource as SupportedResource | undefined
  if (request === undefined) return issue(`${path}.request`, 'say what to do: `request.method` and `request.url`')
  const [type = '', id, ...rest] = (request.url ?? '').split('/')
  if (request.method !== 'POST' && request.method !== 'PUT') {
    return issue(`${path}.request.method`, 'only POST (create) and PUT (update) are taken')
  }
  if (resource === undefined) return issue(`${path}.resource`, 'the entry needs its resource')
  if (!isWritable(resource)) return issue(`${path}.resource`, `one of these is taken: ${writableTypes.join(', ')}`)
  const wantsId = request.method === 'PUT'
  if (wantsId && resource.resourceType === 'Binary') {
    return issue(`${path}.request.method`, 'a Binary is evidence and never changed: create a new one')
  }
  if (type !== resource.resourceType || (id !== undefined) !== wantsId || rest.length > 0) {
    const form = wantsId ? `${resource.resourceType}/[id]` : resource.resourceType
    return issue(`${path}.request.url`, `for this entry the url is \`${form}\``)
  }
  if (wantsId && resource.id !== id)
    return issue(`${path}.resource.id`, 'an update carries the id that stands in its url')
  return {
    path: `${path}.resource`,
    method: wantsId ? 'update' : 'create',
    resource,
    fullUrl,
    id,
    ifNoneExist: request.ifNoneExist,
    ifMatch: readCondition(request.ifMatch),
  }
}

/** FHIR http.html: 400 for what is no resource, 422 for one that violates a profile. */
export const refusedResource = ({
  against,
  issues,
}: Extract<ParsedResource, { readonly outcome: 'invalid' }>): Invalid => {
  const error = against === 'r4' ? 'sender-invalid-resource' : 'sender-profile-violated'
  return { outcome: 'invalid', status: against === 'r4' ? 400 : 422, issues: issues.map((one) => ({ ...one, error })) }
}

const invalid = (expression: string, diagnostics: string): Invalid => ({
  outcome: 'invalid',
  status: 422,
  issues: [issue(expression, diagnostics)],
})

const issue = (expression: string, diagnostics: string): OutcomeIssue => ({
  severity: 'error',
  code: 'invalid',
  expression,
  diagnostics,
  error: 'sender-invalid-request',
})
