import { z } from 'zod'
import { fileName, identifier, line, mailAddress, section, webUrl } from './config-section.ts'
import { languages, partyKinds } from './domain/party.ts'
import { type Purpose, purposes } from './domain/purpose.ts'
import { publicKeyFrom } from './gateway/jwks.ts'
import { parseScope } from './gateway/scopes.ts'

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'expected small letters, digits and hyphens' })

const kind = z.enum(partyKinds).refine((word) => word !== 'employer', {
  error:
    'an employer cannot be a party: nothing is ever sent to an employer, and a permission for the coach to talk to one is recorded without any data flow',
})

const scope = z.string().refine(isConfigurableScope, {
  error:
    'expected SMART version 2, `system/Type.` and letters of `cruds` in this order; `system/*` may only read (`r`, `s`)',
})

const allowedPurposes = Object.entries(purposes).flatMap(([word, { allowed }]) => (allowed ? [word] : []))

const purpose = z
  .custom<Purpose>((word) => typeof word === 'string' && Object.hasOwn(purposes, word), {
    error: `expected one of ${allowedPurposes.join(', ')}`,
    abort: true,
  })
  .refine((word) => purposes[word].allowed, { error: ({ input }) => whyRefused(input) })

const webhook = section({
  id: name,
  channel: z.literal('webhook'),
  url: webUrl,
  secretFile: fileName.optional(),
  secretFiles: z.array(fileName).min(1).optional(),
  body: z.enum(['thin', 'full']).default('thin'),
  language: z.enum(languages).default('fi'),
}).refine(({ secretFile, secretFiles }) => (secretFile === undefined) !== (secretFiles === undefined), {
  error: 'expected either secretFile or secretFiles',
})

const fhirServer = section({
  id: name,
  channel: z.literal('fhir-server'),
  url: webUrl,
  tokenUrl: webUrl,
  clientId: line,
  scope: line.default('system/Communication.c'),
  /** The gateway's own private JWK for this server; the public half is registered there. */
  keyFile: fileName,
  language: z.enum(languages).default('fi'),
})

/** Whoever reads the party's inbox at this address hears that it holds something new, and nothing else. */
const notice = section({
  id: name,
  channel: z.literal('notice'),
  to: mailAddress,
  language: z.enum(languages).default('fi'),
})

const inbox = section({ id: name, channel: z.literal('inbox'), language: z.enum(languages).default('fi') })

/** Public keys only, each with a `kid` (SMART App Launch 2.2 "Registering a client", asymmetric). */
export const jwksSchema = z.object({
  keys: z
    .array(
      z
        .looseObject({ kty: z.enum(['RSA', 'EC']), kid: line })
        // RFC 7518 §6.2.2, §6.3.2 and §6.4: members that only private and symmetric keys have.
        .refine((key) => !['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].some((member) => Object.hasOwn(key, member)), {
          error: 'holds a private key; only the public key belongs here',
        }),
    )
    .min(1)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, { error: 'kid used twice' })
    .refine((keys) => keys.some((key) => publicKeyFrom(key) !== undefined), {
      error: 'no usable signature key: RSA of 2048 bits or more for RS384, or EC P-384 for ES384',
    }),
})

/** A party as the file writes it. */
export const partySchema = section({
  id: name,
  kind,
  name: line,
  identifiers: z.array(identifier).min(1),
  clientId: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'expected printable ASCII without blanks' })
    .optional(),
  jwks: jwksSchema.optional(),
  jwksFile: fileName.optional(),
  jwksUrl: webUrl.optional(),
  scopes: z.array(scope).default([]),
  purposes: z.tuple([purpose], purpose),
  labels: section({
    confidentiality: z.enum(['U', 'L', 'M', 'N', 'R', 'V']),
    sensitivity: z.array(line).default([]),
  }).optional(),
  members: z
    .array(
      section({ identifier, name: line, from: z.iso.date().optional(), until: z.iso.date().optional() }).refine(
        ({ from, until }) => from === undefined || until === undefined || from <= until,
        { error: 'ends before it begins' },
      ),
    )
    .default([]),
  endpoints: z.array(z.discriminatedUnion('channel', [webhook, fhirServer, inbox, notice])).default([]),
}).superRefine(({ clientId, ...party }, context) => {
  const sources = ['jwks', 'jwksFile', 'jwksUrl'] as const
  const given = sources.filter((source) => party[source] !== undefined).length
  if (given > 1) context.addIssue('expected only one of jwks, jwksFile and jwksUrl')
  if (clientId !== undefined && given === 0) {
    context.addIssue('clientId needs one of jwks, jwksFile and jwksUrl, or nobody can use it')
  }
  if (clientId === undefined && given > 0) context.addIssue('keys need a clientId')
})
export type PartyConfig = z.infer<typeof partySchema>

function isConfigurableScope(word: string): boolean {
  const parsed = parseScope(word)
  if (parsed === undefined) return false
  return parsed.type !== '*' || parsed.actions.every((action) => action === 'r' || action === 's')
}

function whyRefused(word: unknown): string {
  return word === 'unemployment-security-control'
    ? 'refused: no consent and no configuration permits information for unemployment-security control'
    : 'refused: this gateway is not an emergency channel, nobody may override a consent through it'
}
