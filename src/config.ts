import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { configProblems } from './config-checks.ts'
import { type MailConfig, readMail } from './config-mail.ts'
import { ConfigError, keyPath, type ConfigProblem } from './config-error.ts'
import { readParty, type PlaceOf } from './config-party.ts'
import { type ConfigFile, configSchema } from './config-schema.ts'
import { isDatabaseUrl, readDatabaseUrl, readKey } from './config-secrets.ts'
import { type Parties, partiesOf } from './domain/party.ts'

/** Everything the process is told at start; frozen, with every relative path and secret file already resolved. */
export type Config = {
  readonly instance: 'demo' | 'development' | 'production'
  /** Public base URL without a slash at the end; `aud` of access tokens, base of the token endpoint. */
  readonly baseUrl: string
  readonly host: string
  /** 0 lets the system choose (tests). */
  readonly port: number
  /** IANA zone in which dates of consents and memberships begin and end. */
  readonly zone: string
  readonly policyVersion: string
  /** Absolute; relative files of the configuration belong to it. */
  readonly dataDirectory: string
  readonly store:
    | { readonly kind: 'pglite'; readonly directory: string }
    /** `url` holds a password: never log it. */
    | { readonly kind: 'postgres'; readonly url: string }
  readonly secrets: { readonly tokenKey: Uint8Array; readonly pseudonymKey: Uint8Array }
  /** Identifier systems by which the records that several parties hold of one person may be linked. */
  readonly clientLinking: readonly string[]
  readonly holding: { readonly referralDays: number }
  readonly outbound: { readonly allowHttp: boolean; readonly allowPrivate: readonly string[] }
  readonly relay: {
    readonly leaseSeconds: number
    readonly pollMilliseconds: number
    readonly deliveryTimeoutSeconds: number
    readonly workers: number
    readonly retrySeconds: readonly number[]
  }
  /** The port of the figures for Prometheus; none unless configured. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined
  /** The server that takes notices by e-mail. */
  readonly mail?: MailConfig | undefined
  readonly parties: Parties
}

/** The file `IPS_CONFIG` names, else the demonstration's. */
export const configFile = (environment: Environment): string =>
  environment['IPS_CONFIG'] ?? new URL('../demo/config.yaml', import.meta.url).pathname

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the configuration: a YAML file, over it `IPS_BASE_URL`, `IPS_PORT`, `IPS_DATA` (base directory, relative to the
 * working directory) and `IPS_DATABASE_URL` (makes the store PostgreSQL).
 *
 * Demo and development instances make the keys and secrets that are missing, with mode 0600; production never does.
 *
 * @throws {ConfigError} naming the file and every key path that is wrong; nothing has been written then, unless a key
 *   file itself is wrong.
 * @example
 * const config = loadConfig({ file: 'demo/config.yaml', environment: process.env })
 */
export const loadConfig = (source: { readonly file: string; readonly environment: Environment }): Config => {
  const { file, environment } = source
  const parsed = configSchema.safeParse(readYaml(file))
  if (!parsed.success) throw new ConfigError(file, parsed.error.issues.flatMap(problemsOf))
  const overridden = override(parsed.data, environment)
  const problems = [...overridden.problems, ...configProblems(overridden.config, environment['NODE_ENV'])]
  if (problems.length > 0) throw new ConfigError(file, problems)
  return deepFreeze(resolveFiles(overridden.config, file, environment))
}

const readYaml = (file: string): unknown => {
  const lines = new LineCounter()
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error === undefined) return document.toJS()
  // Not the library's own message: it quotes the line, which may hold a secret.
  const text = `line ${lines.linePos(error.pos[0]).line} is not YAML (${error.code.toLowerCase()})`
  throw new ConfigError(file, [{ path: '', text }])
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new ConfigError(file, [{ path: '', text: 'the file cannot be read' }])
  }
}

const problemsOf = (issue: z.core.$ZodIssue): readonly ConfigProblem[] => {
  const text = issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
  if (issue.code !== 'unrecognized_keys') return [{ path: keyPath(issue.path), text }]
  return issue.keys.map((key) => ({ path: keyPath([...issue.path, key]), text }))
}

const override = (
  config: ConfigFile,
  environment: Environment,
): { readonly config: ConfigFile; readonly problems: readonly ConfigProblem[] } => {
  const given = { baseUrl: environment['IPS_BASE_URL'], port: environment['IPS_PORT'] }
  const problems: ConfigProblem[] = []
  const baseUrl = configSchema.shape.baseUrl.safeParse(given.baseUrl ?? config.baseUrl)
  if (!baseUrl.success) problems.push({ path: 'IPS_BASE_URL', text: 'expected an http or https url' })
  const port = configSchema.shape.port.safeParse(given.port === undefined ? config.port : wholeNumber(given.port))
  if (!port.success) problems.push({ path: 'IPS_PORT', text: 'expected a port from 0 to 65535' })
  const databaseUrl = environment['IPS_DATABASE_URL']
  if (databaseUrl !== undefined && !isDatabaseUrl(databaseUrl)) {
    problems.push({ path: 'IPS_DATABASE_URL', text: 'expected a postgres:// url' })
  }
  return {
    config: {
      ...config,
      baseUrl: baseUrl.data ?? config.baseUrl,
      port: port.data ?? config.port,
      data: environment['IPS_DATA'] ?? config.data,
      store: databaseUrl === undefined ? config.store : { kind: 'postgres', urlFile: '' },
    },
    problems,
  }
}

const wholeNumber = (text: string): number => (/^\d{1,5}$/.test(text) ? Number(text) : Number.NaN)

const resolveFiles = (config: ConfigFile, configFile: string, environment: Environment): Config => {
  const { data, secretsDirectory, secrets, store, parties, mail, ...values } = config
  const dataDirectory = resolve(data)
  const create = config.instance !== 'production'
  const placeOf: PlaceOf = (path, name) => ({ configFile, path, file: resolve(dataDirectory, name), create })
  const secret = (path: string, name: string): Uint8Array =>
    readKey({ ...placeOf(path, ''), file: resolve(dataDirectory, secretsDirectory, name) })

  const tokenKey = secret('secrets.tokenKeyFile', secrets.tokenKeyFile)
  const pseudonymKey = secret('secrets.pseudonymKeyFile', secrets.pseudonymKeyFile)
  if (Buffer.compare(tokenKey, pseudonymKey) === 0) {
    throw new ConfigError(configFile, [{ path: 'secrets', text: 'the two keys must differ' }])
  }
  return {
    ...values,
    dataDirectory,
    store:
      store.kind === 'pglite'
        ? { kind: 'pglite', directory: resolve(dataDirectory, store.directory) }
        : {
            kind: 'postgres',
            url: environment['IPS_DATABASE_URL'] ?? readDatabaseUrl(placeOf('store.urlFile', store.urlFile)),
          },
    secrets: { tokenKey, pseudonymKey },
    mail: mail && readMail(mail, placeOf),
    parties: partiesOf(parties.map((party, index) => deepFreeze(readParty(party, `parties[${index}]`, placeOf)))),
  }
}

const deepFreeze = <Value>(value: Value): Value => {
  // The elements of a typed array cannot be frozen.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
