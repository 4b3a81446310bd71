import type { Context, MiddlewareHandler } from 'hono'
import { refuse } from './respond.ts'

/**
 * Answers 406 to whoever takes no JSON (R4 http.html#mime-type), before anything is done; `_format` goes before `Accept`.
 * The explanation comes as JSON all the same: there is nothing else to explain it in.
 */
export const negotiate = (): MiddlewareHandler => async (c, next) => {
  const wanted = formatAsked(c) ?? c.req.header('accept')
  if (wanted === undefined || wanted === '*/*' || wanted.split(',').some(isServed)) return next()
  return refuse(c, 406, {
    code: 'not-supported',
    diagnostics:
      'this gateway speaks FHIR R4 in JSON: send `Accept: application/fhir+json` or `_format=json`; neither XML nor Turtle is served',
    error: 'sender-format-not-served',
  })
}

/** A `+` that a client did not escape has become a space, which R4 asks servers to put up with. */
const formatAsked = (c: Context): string | undefined => c.req.query('_format')?.replaceAll(' ', '+')

const served: ReadonlySet<string> = new Set([
  '*/*',
  'application/*',
  'json',
  'application/json',
  'application/fhir+json',
  // As earlier versions of FHIR spelled it.
  'application/json+fhir',
  'text/json',
])

const isServed = (range: string): boolean => {
  const [type = '', ...parameters] = range
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  return served.has(type) && parameters.every(isMet)
}

/** `q=0` refuses a type; `fhirVersion` asks for a version, and this is R4 (http.html#version-parameter). */
const isMet = (parameter: string): boolean => {
  const [name = '', value = ''] = parameter.split('=').map((part) => part.trim())
  if (name === 'q') return Number(value) > 0
  if (name === 'fhirversion') return isR4(value)
  return name !== 'charset' || value.replaceAll('"', '') === 'utf-8'
}

export const isR4 = (version: string): boolean => /^"?4\.0(?:\.1)?"?$/.test(version)
