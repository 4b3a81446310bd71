import type { Context } from 'hono'
import { refuse } from './respond.ts'

/** What a log may know of a fault: names and places, never messages, which can carry values. */
export type Fault = { readonly name: string; readonly code: string | undefined; readonly at: readonly string[] }

export const faultOf = (error: unknown): Fault => {
  if (!(error instanceof Error)) return { name: typeof error, code: undefined, at: [] }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return { name: error.name, code, at: frames.slice(0, 6).map((line) => line.trim()) }
}

/** 5xx is always our bug or our store: the caller learns only that, and the id to ask about. */
export const onFault = (c: Context, requestId: string): Response =>
  refuse(c, 500, {
    code: 'exception',
    diagnostics: `the gateway failed; what you sent is stored whole or not at all: send it again with If-None-Exist, and ask the operator about request ${requestId}`,
    error: 'gateway-fault',
  })

export const methodNotAllowed = (c: Context, allowed: readonly string[]): Response => {
  c.header('Allow', allowed.join(', '))
  return refuse(c, 405, {
    code: 'not-supported',
    diagnostics: `this address takes ${allowed.join(' and ')}`,
    error: 'sender-method-not-allowed',
  })
}

export const nothingHere = (c: Context): Response =>
  refuse(c, 404, {
    code: 'not-found',
    diagnostics: 'there is nothing at this address: see `/fhir/metadata`',
    error: 'sender-unknown-address',
  })
