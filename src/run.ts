import { configFile, loadConfig } from './config.ts'
import { openStore } from './open-store.ts'

/** Starts one gateway process and stops it in good order on SIGINT or SIGTERM. */
export const run = async (): Promise<void> => {
  try {
    const config = loadConfig({ file: configFile(process.env), environment: process.env })
    // The engine starts while the rest of the program is being read: together they are most of a start.
    const opening = openStore(config)
    opening.catch(() => {})
    const { startGateway } = await import('./compose.ts')
    const gateway = await startGateway(config, undefined, () => process.exit(1), opening)
    console.log(greeting(config.baseUrl, config.instance, config.dataDirectory))
    const stop = (): void => {
      gateway.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'the gateway could not start')
    process.exit(1)
  }
}

const greeting = (baseUrl: string, instance: string, data: string): string =>
  [
    `ips-gateway is up (${instance})`,
    `  FHIR     ${baseUrl}/fhir`,
    `           what it can do: ${baseUrl}/fhir/metadata`,
    `  tokens   ${baseUrl}/auth/token`,
    `           how to get one: ${baseUrl}/.well-known/smart-configuration`,
    `  for people's tools: ${baseUrl}/api/inbox, /api/disclosures, /api/log, /api/explain`,
    `  data     ${data}`,
    '',
    instance === 'demo'
      ? 'Next: run `npm run demo` in another terminal to see the story of Aino (-- --lang fi, sv or en). Stop with Ctrl-C.'
      : 'Stop with Ctrl-C.',
  ].join('\n')
