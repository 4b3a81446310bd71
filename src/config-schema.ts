import { z } from 'zod'
import { mailSchema } from './config-mail.ts'
import { partySchema } from './config-party-schema.ts'
import { fileName, line, section, webUrl } from './config-section.ts'
import { HETU_SYSTEM } from './domain/codes.ts'
import { retrySeconds } from './relay/schedule.ts'

const whole = z.int().positive()

const baseUrl = webUrl
  .refine((text) => URL.parse(text)?.search === '', { error: 'expected a url without query' })
  .transform((text) => text.replace(/\/+$/, ''))

const zone = z.string().refine(isZone, { error: 'expected an IANA time zone such as Europe/Helsinki' })

const relay = section({
  /** A lane claimed and not settled within this many seconds is taken up by another worker. */
  leaseSeconds: whole.default(30),
  pollMilliseconds: whole.default(1000),
  deliveryTimeoutSeconds: whole.default(10),
  workers: whole.max(64).default(1),
  /** Seconds to wait after the first, second … attempt that failed; after the last one the item is a dead letter. */
  retrySeconds: z
    .array(z.number().positive().max(604_800))
    .min(1)
    .max(100)
    .default([...retrySeconds]),
}).refine(({ leaseSeconds, deliveryTimeoutSeconds }) => deliveryTimeoutSeconds < leaseSeconds, {
  // Otherwise a second worker could deliver what the first one is still delivering.
  error: 'must be shorter than leaseSeconds',
  path: ['deliveryTimeoutSeconds'],
})

/** The configuration file, keys and defaults. */
export const configSchema = section({
  instance: z.enum(['demo', 'development', 'production']),
  baseUrl,
  host: line.default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8080),
  zone: zone.default('Europe/Helsinki'),
  policyVersion: line.default('1'),
  data: line.default('data'),
  store: z
    .discriminatedUnion('kind', [
      section({ kind: z.literal('pglite'), directory: fileName.default('pglite') }),
      section({ kind: z.literal('postgres'), urlFile: fileName }),
    ])
    .prefault({ kind: 'pglite' }),
  secretsDirectory: fileName.default('secrets'),
  secrets: section({
    tokenKeyFile: fileName.default('token.key'),
    pseudonymKeyFile: fileName.default('pseudonym.key'),
  }).prefault({}),
  clientLinking: z.array(line).default([HETU_SYSTEM]),
  holding: section({ referralDays: whole.max(3650).default(90) }).prefault({}),
  outbound: section({
    allowHttp: z.boolean().default(false),
    allowPrivate: z.array(z.string().regex(/^[^\s/@]+:\d{1,5}$/, { error: 'expected host:port' })).default([]),
  }).prefault({}),
  relay: relay.prefault({}),
  /** Where Prometheus asks for figures; without it there is no such port. */
  metrics: section({ host: line.default('127.0.0.1'), port: z.int().min(0).max(65_535) }).optional(),
  /** The server that takes notices by e-mail; without it no party can have an address for them. */
  mail: mailSchema.optional(),
  parties: z.array(partySchema).min(1),
})
export type ConfigFile = z.infer<typeof configSchema>

function isZone(name: string): boolean {
  // Intl takes offsets such as +02:00 as well; they know nothing of summer time.
  if (name !== 'UTC' && !name.includes('/')) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
