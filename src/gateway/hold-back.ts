import type { MiddlewareHandler } from 'hono'
import { refuse } from './respond.ts'

const RETRY_AFTER_SECONDS = 300

/**
 * While a restored store is held: what takes back is taken in (withdrawals, Consents, a Patient's death or protection),
 * an operator may look and act, and everything else is asked to come again. Reading a Consent or a Patient shows a party
 * its own, nothing that somebody else would have to be allowed to tell it.
 */
export const holdBack =
  (isHeld: () => boolean): MiddlewareHandler =>
  async (c, next) => {
    if (!isHeld() || stillServed.test(c.req.path)) return next()
    c.header('Retry-After', String(RETRY_AFTER_SECONDS))
    const diagnostics = 'the gateway was restored from a backup and is being brought up to date: try again later'
    return refuse(c, 503, { code: 'transient', diagnostics, error: 'gateway-fault' })
  }

const stillServed = /^\/(fhir\/(Consent|Patient)(\/.*)?|api\/(withdraw|relay\/.*))$/
