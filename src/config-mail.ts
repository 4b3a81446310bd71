import { z } from 'zod'
import type { ConfigProblem } from './config-error.ts'
import type { PartyConfig } from './config-party-schema.ts'
import type { PlaceOf } from './config-party.ts'
import { fileName, line, mailAddress, section } from './config-section.ts'
import { readCertificates, readPassword } from './config-secrets.ts'

/** The server that takes notices by e-mail, as the file writes it. */
export const mailSchema = section({
  host: line.regex(/^[A-Za-z0-9.:-]+$/, { error: 'expected a host name or an address' }),
  port: z.int().min(1).max(65_535).default(587),
  /** `none` is refused beyond this very machine. */
  tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
  /** Certificates of the authority that vouches for the server, where the system's own do not. */
  caFile: fileName.optional(),
  user: line.optional(),
  passwordFile: fileName.optional(),
  /** Address of the sender. Names neither a client nor a clinic. */
  from: mailAddress,
  /** The server may lie on a private address: it is the operator's own choice, no caller's. */
  allowPrivate: z.boolean().default(false),
  /** No address gets more than one notice in so many minutes. */
  everyMinutes: z.int().min(1).max(10_080).default(60),
}).refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
  error: 'expected both user and passwordFile, or neither',
})
type MailSection = z.infer<typeof mailSchema>

export type MailConfig = Pick<MailSection, 'host' | 'port' | 'tls' | 'from' | 'allowPrivate' | 'everyMinutes'> & {
  readonly ca: string | undefined
  /** Never log it. */
  readonly account: { readonly user: string; readonly password: string } | undefined
}

export const readMail = ({ caFile, user, passwordFile, ...values }: MailSection, placeOf: PlaceOf): MailConfig => ({
  ...values,
  ca: caFile === undefined ? undefined : readCertificates(placeOf('mail.caFile', caFile)),
  account:
    user === undefined || passwordFile === undefined
      ? undefined
      : { user, password: readPassword(placeOf('mail.passwordFile', passwordFile)) },
})

type Checked = { readonly mail?: MailSection | undefined; readonly parties: readonly PartyConfig[] }

/** What addresses need besides themselves. */
export const mailProblems = ({ mail, parties }: Checked): readonly ConfigProblem[] => {
  const seen = new Set<string>()
  return parties.flatMap(({ endpoints }, index) =>
    endpoints.flatMap((endpoint, nth): readonly ConfigProblem[] => {
      if (endpoint.channel !== 'notice') return []
      const path = `parties[${index}].endpoints[${nth}]`
      const key = endpoint.to.toLowerCase()
      const isRepeated = seen.has(key)
      seen.add(key)
      return [
        ...(mail === undefined ? [{ path, text: 'needs the server that takes notices (`mail`)' }] : []),
        ...(endpoints.some(({ channel }) => channel === 'inbox') ? [] : [{ path, text: 'needs an inbox beside it' }]),
        // Two notices at a time would be one too many, and tell a person's teams apart.
        ...(isRepeated ? [{ path: `${path}.to`, text: 'this address is used twice' }] : []),
      ]
    }),
  )
}
