import type { ConfigProblem } from './config-error.ts'
import type { PartyConfig } from './config-party-schema.ts'
import type { ConfigFile } from './config-schema.ts'
import { mailProblems } from './config-mail.ts'
import type { PartyKind } from './domain/party.ts'

/** Everything wrong that one key alone cannot show. */
export const configProblems = (config: ConfigFile, nodeEnvironment: string | undefined): readonly ConfigProblem[] => [
  ...instanceProblems(config, nodeEnvironment),
  ...repeated(config.parties, ({ id }) => [id], 'party id'),
  ...repeated(config.parties, ({ clientId }) => (clientId === undefined ? [] : [clientId]), 'clientId'),
  ...repeated(
    config.parties,
    ({ identifiers }) => identifiers.map(({ system, value }) => `${system}|${value}`),
    'identifier',
  ),
  ...repeated(config.parties, ({ endpoints }) => endpoints.map(({ id }) => id), 'endpoint id'),
  ...mailProblems(config),
  ...config.parties.flatMap((party, index) => partyProblems(party, `parties[${index}]`, config.outbound.allowHttp)),
]

const instanceProblems = (config: ConfigFile, nodeEnvironment: string | undefined): readonly ConfigProblem[] => {
  if (config.instance === 'demo' && nodeEnvironment === 'production') {
    return [problem('instance', 'a demo configuration refuses to run with NODE_ENV=production')]
  }
  if (config.instance !== 'production') return []
  return [
    ...when(!config.baseUrl.startsWith('https:'), 'baseUrl', 'production needs https'),
    ...when(config.store.kind !== 'postgres', 'store', 'production needs postgres (store.kind or IPS_DATABASE_URL)'),
    ...when(config.outbound.allowHttp, 'outbound.allowHttp', 'not in production'),
    ...when(config.outbound.allowPrivate.length > 0, 'outbound.allowPrivate', 'not in production'),
  ]
}

/** Kinds that serve no treatment: the purpose would open health information to an official or a landlord. */
const withoutTreatment: readonly PartyKind[] = ['employment-service', 'housing-service', 'client-portal', 'operator']

const partyProblems = (party: PartyConfig, path: string, allowHttp: boolean): readonly ConfigProblem[] => {
  const insecure = (url: string | undefined): boolean => url !== undefined && !allowHttp && !url.startsWith('https:')
  return [
    ...when(
      withoutTreatment.includes(party.kind) && party.purposes.includes('treatment'),
      `${path}.purposes`,
      `a party of kind ${party.kind} cannot act for treatment`,
    ),
    ...when(
      party.kind === 'operator' &&
        (party.endpoints.length > 0 || party.scopes.some((scope) => !scope.startsWith('system/Endpoint.'))),
      path,
      'an operator sees no client: no endpoints, and scopes of `system/Endpoint` only',
    ),
    ...when(insecure(party.jwksUrl), `${path}.jwksUrl`, 'needs https unless outbound.allowHttp'),
    ...party.endpoints.flatMap((endpoint, index) =>
      [
        ...('url' in endpoint ? [['url', endpoint.url] as const] : []),
        ...('tokenUrl' in endpoint ? [['tokenUrl', endpoint.tokenUrl] as const] : []),
      ].flatMap(([key, url]) =>
        when(insecure(url), `${path}.endpoints[${index}].${key}`, 'needs https unless outbound.allowHttp'),
      ),
    ),
  ]
}

const repeated = (
  parties: readonly PartyConfig[],
  namesOf: (party: PartyConfig) => readonly string[],
  what: string,
): readonly ConfigProblem[] => {
  const seen = new Set<string>()
  return parties.flatMap((party, index) =>
    namesOf(party).flatMap((name) => {
      if (seen.has(name)) return [problem(`parties[${index}]`, `${what} \`${name}\` is used twice`)]
      seen.add(name)
      return []
    }),
  )
}

const problem = (path: string, text: string): ConfigProblem => ({ path, text })

const when = (wrong: boolean, path: string, text: string): readonly ConfigProblem[] =>
  wrong ? [problem(path, text)] : []
