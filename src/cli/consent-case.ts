import { z } from 'zod'

/** A case that cannot be decided as it stands. Its message names the element, never what stood there. */
export class CaseError extends Error {
  override readonly name = 'CaseError'
}

const isZone = (zone: string): boolean => {
  if (zone === 'Europe/Helsinki') return true
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** One line of the dry run's input: a request, the consents as they came, and what is needed to judge them. */
export const ConsentCase = z
  .object({
    id: z.string().describe('given back in the answer'),
    rule: z.string().optional().describe('the rule a case of a corpus is about; not read'),
    expect: z.unknown().optional().describe('what a case of a corpus expects; not read'),
    mode: z
      .enum(['production', 'r4-conformance'])
      .default('production')
      .describe('r4-conformance: rules 5 and 10 off, the conformance branches of rule 6 on, every category counts'),
    asOf: z.iso.datetime({ offset: true }).describe('the moment decided for'),
    zone: z
      .string()
      .refine(isZone)
      .default('Europe/Helsinki')
      .describe('IANA time zone in which dates without time are read'),
    consents: z.array(z.unknown()).describe('FHIR R4 Consent resources, as they came'),
    directory: z
      .array(z.unknown())
      .optional()
      .describe(
        'evidence (DocumentReference, Binary), the client (Patient) and actors (Organization, PractitionerRole, Group, …); with any actor in it, an actor reference that is neither one of the request nor in it is unresolvable',
      ),
    request: z.object({
      client: z.string().describe('reference as written: Patient/aino'),
      action: z.enum(['disclose', 'access']),
      purpose: z.array(z.object({ system: z.string().optional(), code: z.string() })).default([]),
      recipient: z.array(z.union([z.string(), z.object({ system: z.string(), value: z.string() })])),
      custodian: z.array(z.union([z.string(), z.object({ system: z.string(), value: z.string() })])).optional(),
      author: z.array(z.union([z.string(), z.object({ system: z.string(), value: z.string() })])).optional(),
      category: z.string().optional().describe('information category and level: medication.effect'),
      resource: z
        .looseObject({ resourceType: z.string() })
        .optional()
        .describe('a FHIR resource: decide; absent: plan'),
    }),
  })
  .describe('a case for `consent decide`, one a line')
export type ConsentCase = z.infer<typeof ConsentCase>

const Code = z.object({ system: z.string().optional(), code: z.string() })
const Basis = {
  consent: z.string(),
  version: z.string(),
  path: z.string(),
  effect: z.enum(['permit', 'deny']),
}

/** One line of output. */
export const ConsentAnswer = z
  .union([
    z.object({
      id: z.string(),
      outcome: z.enum(['permit', 'deny']).describe('of a plan: permit for what meets the residual rules'),
      reason: z.enum(['permitted', 'denied', 'indeterminate', 'no-applicable-consent']),
      rule: z.string().optional().describe('the hard rule that forbids, whatever the consents say'),
      basis: z.array(z.object(Basis)),
      notApplicable: z.array(z.object({ consent: z.string(), why: z.string() })),
      unknowns: z.array(z.string()),
      residual: z.array(
        z.object({
          ...Basis,
          class: z.array(Code).optional(),
          code: z.array(Code).optional(),
          securityLabel: z.array(Code).optional(),
          dataPeriod: z
            .union([z.object({ from: z.number(), until: z.number() }), z.literal('invalid')])
            .optional()
            .describe('epoch milliseconds, half-open'),
          data: z.array(z.object({ meaning: z.string(), reference: z.string().optional() })).optional(),
        }),
      ),
    }),
    z.object({
      id: z.null(),
      line: z.int().positive(),
      error: z.string().describe('why the line could not be read'),
    }),
  ])
  .describe('an answer of `consent decide`, one a line, in the order of the cases')
export type ConsentAnswer = z.infer<typeof ConsentAnswer>
