import type { Context } from 'hono'
import { parseUntrustedJson } from '../fhir/hygiene.ts'
import type { OutcomeIssue } from '../fhir/outcome.ts'
import { isR4 } from './negotiate.ts'

export type Body =
  | { readonly outcome: 'read'; readonly value: unknown }
  | { readonly outcome: 'refused'; readonly status: 400 | 413 | 415; readonly issue: OutcomeIssue }

/** Limits in bytes; signed forms have their own route. */
export const BODY_LIMIT = 1_000_000
export const FORM_LIMIT = 6_000_000

/** Reads a JSON body through the hygiene of untrusted input, before anything else looks at it. */
export const readJson = async (c: Context, limit = BODY_LIMIT): Promise<Body> => {
  if (!isFhirJson(c.req.header('content-type') ?? '')) {
    return refused(415, {
      severity: 'error',
      code: 'not-supported',
      diagnostics:
        'send FHIR R4 in JSON and UTF-8 with `Content-Type: application/fhir+json`; neither XML nor HL7 v2 is taken at this address',
      error: 'sender-media-type',
    })
  }
  const bytes = await readBytes(c, limit)
  if (bytes === undefined) return tooLarge(limit)
  const parsed = parseUntrustedJson(bytes, { bytes: limit })
  if (parsed.outcome === 'parsed') return { outcome: 'read', value: parsed.value }
  if (parsed.reason === 'too-large') return tooLarge(limit)
  return refused(400, {
    severity: 'error',
    code: parsed.reason === 'too-deep' || parsed.reason === 'too-many-nodes' ? 'too-costly' : 'structure',
    ...(parsed.expression !== undefined && { expression: parsed.expression }),
    diagnostics: parsed.diagnostics,
    error: `sender-json-${parsed.reason}`,
  })
}

/** JSON as R4 or earlier versions of FHIR spell it, of no other version of FHIR and in no other encoding than UTF-8. */
const isFhirJson = (header: string): boolean => {
  const [type = '', ...parameters] = header
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  if (!jsonTypes.has(type)) return false
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=').map((part) => part.trim().replaceAll('"', ''))
    if (name === 'charset') return value === 'utf-8' || value === 'utf8'
    return name !== 'fhirversion' || isR4(value)
  })
}

const jsonTypes: ReadonlySet<string> = new Set([
  'application/fhir+json',
  'application/json',
  'application/json+fhir',
  'text/json',
])

/** @returns undefined when the body is longer than the limit; the rest of it is not read. */
export const readBytes = async (c: Context, limit: number): Promise<Uint8Array | undefined> => {
  const declared = c.req.header('content-length')
  if (Number(declared ?? 0) > limit) return undefined
  if (declared !== undefined) {
    // The server ends the body where the header says, so that it can be read in one go.
    const bytes = new Uint8Array(await c.req.raw.arrayBuffer())
    return bytes.length > limit ? undefined : bytes
  }
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of c.req.raw.body ?? []) {
    length += part.byteLength
    if (length > limit) return undefined
    parts.push(part)
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

export const tooLarge = (limit: number): Body =>
  refused(413, {
    severity: 'error',
    code: 'too-long',
    diagnostics: `the body is longer than ${limit} bytes: send less at once, and signed forms to \`/fhir/Binary\``,
    error: 'sender-body-too-large',
  })

const refused = (status: 400 | 413 | 415, issue: OutcomeIssue): Body => ({ outcome: 'refused', status, issue })
