import { parseArgs } from 'node:util'
import { operatorClient, reasonsIn } from './operator-client.ts'

/** What `relay` can do, as its usage says. */
export const relayUsage = `relay status
relay lanes [--endpoint ID] [--limit N]
relay dead [--endpoint ID] [--limit N]
relay replay (--id ID | --endpoint ID [--since TIME] [--until TIME] [--delivered])
relay skip --id ID
relay pause|resume --endpoint ID
relay release
each with --url URL --client-id ID --key FILE, or IPS_URL, IPS_CLIENT_ID, IPS_KEY_FILE`

type Values = Readonly<Record<string, string | boolean | undefined>>
type Call = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly seconds?: number
}

/** Prints the gateway's answer as JSON. @returns the exit code: 0 done, 1 refused by the gateway, 2 not understood. */
export const relayCommand = async (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  print: { out(text: string): void; error(text: string): void },
): Promise<0 | 1 | 2> => {
  const read = readArguments(args)
  const account = read && accountOf(read.values, environment)
  if (read === undefined || account === undefined) {
    print.error(relayUsage)
    return 2
  }
  try {
    const client = await operatorClient(account)
    const { method, path, body, seconds } = read.call
    const answer = await client.call(method, path, body, seconds)
    if (answer.status >= 300) {
      print.error([`refused (HTTP ${answer.status})`, ...reasonsIn(answer.body)].join(': '))
      return 1
    }
    print.out(JSON.stringify(answer.body ?? { done: true }, null, 2))
    return 0
  } catch (error) {
    print.error(error instanceof Error ? error.message : 'the gateway could not be asked')
    return 1
  }
}

const readArguments = (args: readonly string[]): { readonly call: Call; readonly values: Values } | undefined => {
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [verb = '', ...more] = positionals
    const call = more.length === 0 ? callOf(verb, values) : undefined
    return call && { call, values }
  } catch {
    return undefined
  }
}

const text = { type: 'string' } as const
const options = {
  url: text,
  'client-id': text,
  key: text,
  endpoint: text,
  id: text,
  since: text,
  until: text,
  limit: text,
  delivered: { type: 'boolean' },
} as const

const callOf = (verb: string, values: Values): Call | undefined => {
  const path = `/api/relay/${verb}`
  const { endpoint, id, since, until, limit, delivered } = values
  switch (verb) {
    case 'status':
      return { method: 'GET', path }
    case 'lanes':
    case 'dead':
      return { method: 'GET', path: `${path}?${queryOf({ endpoint, limit })}` }
    case 'replay':
      return { method: 'POST', path, body: { id, endpoint, since, until, delivered } }
    case 'skip':
      return { method: 'POST', path, body: { id } }
    case 'release':
      return { method: 'POST', path }
    case 'backup':
      // As long as `fetch` waits at all: it reads every table.
      return { method: 'POST', path, seconds: 300 }
    case 'pause':
    case 'resume':
      return { method: 'POST', path, body: { endpoint } }
    default:
      return undefined
  }
}

const queryOf = (values: Values): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (typeof value === 'string' ? [`${name}=${encodeURIComponent(value)}`] : []))
    .join('&')

const accountOf = (values: Values, environment: Readonly<Record<string, string | undefined>>) => {
  const one = (option: string, variable: string): string | undefined => {
    const value = values[option]
    return typeof value === 'string' ? value : environment[variable]
  }
  const [url, clientId] = [one('url', 'IPS_URL'), one('client-id', 'IPS_CLIENT_ID')]
  const keyFile = one('key', 'IPS_KEY_FILE')
  return url === undefined || clientId === undefined || keyFile === undefined ? undefined : { url, clientId, keyFile }
}
