import { hash } from 'node:crypto'
import pino from 'pino'
import { startMailNotices } from './compose-mail.ts'
import { startUpkeep } from './compose-upkeep.ts'
import type { Config } from './config.ts'
import { CONSENT_POLICY_URI } from './domain/codes.ts'
import { countingConsents } from './consent/policy.ts'
import type { Policy } from './consent/request.ts'
import { backupToDisk } from './backup-to-disk.ts'
import type { Exchange } from './exchange/exchange.ts'
import { watchHold } from './exchange/hold-after-restore.ts'
import { createApp } from './gateway/app.ts'
import { createKeysOf } from './gateway/jwks.ts'
import { createMetricsApp } from './gateway/metrics-app.ts'
import { type Fault, faultOf } from './gateway/on-error.ts'
import { listen } from './gateway/serve.ts'
import { newId } from './new-id.ts'
import { createOutbound } from './outbound/outbound.ts'
import { fhirServerChannel } from './relay/fhir-server.ts'
import { createMetrics } from './relay/metrics.ts'
import type { Relay } from './relay/relay.ts'
import { runRelay } from './relay/run-relay.ts'
import { webhookChannel } from './relay/webhook.ts'
import { openStore } from './open-store.ts'
import { pseudonyms } from './store/pseudonym.ts'
import type { Store } from './store/store.ts'

export const VERSION = '0.1.0'

export type Running = {
  readonly port: number
  readonly metricsPort: number | undefined
  readonly store: Store
  stop(): Promise<void>
}

/** Puts every room together: store, exchange, relay and HTTP face of one gateway process. */
export const startGateway = async (
  config: Config,
  log = pino({ level: 'info' }),
  onFatal: () => void = () => {},
  opening: Promise<Store> = openStore(config),
): Promise<Running> => {
  const store = await opening
  const now = (): number => Date.now()
  const timeoutMs = config.relay.deliveryTimeoutSeconds * 1000
  const outbound = createOutbound({
    ...config.outbound,
    connectTimeoutMs: 5_000,
    totalTimeoutMs: timeoutMs,
    maxResponseBytes: 64_000,
    maxConnections: 16,
  })
  const policy = policyOf(config)
  const report = (what: string, fault: Fault): void => {
    log.error(fault, what)
    const end = endings.get(fault.code ?? '')
    if (end === undefined) return
    log.fatal(end)
    onFatal()
  }
  const exchange: Exchange = {
    store,
    parties: config.parties,
    policy,
    pseudonyms: pseudonyms(config.secrets.pseudonymKey),
    linkingSystems: config.clientLinking,
    gateway: config.baseUrl,
    sha256,
    now,
    newId,
    report: (what) => log.error(what),
  }
  const metrics = createMetrics({ store, now })
  const relay: Relay = {
    store,
    observe: metrics.observe,
    parties: config.parties,
    policy,
    channels: {
      webhook: webhookChannel(outbound, timeoutMs),
      'fhir-server': fhirServerChannel({ outbound, timeoutMs, newId }),
    },
    gateway: config.baseUrl,
    baseUrl: config.baseUrl,
    leaseMs: config.relay.leaseSeconds * 1000,
    pollMs: config.relay.pollMilliseconds,
    workers: config.relay.workers,
    retrySeconds: config.relay.retrySeconds,
    now,
    newId,
    random: Math.random,
    report: (what, error) => report(what, faultOf(error)),
  }
  const reportHold = (error: unknown): void => report('the release could not be looked for', faultOf(error))
  const hold = await watchHold(store, reportHold)
  if (hold.isHeld()) log.warn('restored from a backup: nothing is told until an operator says `relay release`')
  const closing = new AbortController()
  const app = createApp({
    exchange,
    closing: closing.signal,
    isHeld: hold.isHeld,
    backup: backupToDisk(config, store),
    baseUrl: config.baseUrl,
    tokenKey: config.secrets.tokenKey,
    keysOf: createKeysOf({ outbound, now }),
    version: VERSION,
    report,
  })
  const listening = await listen(app, config.host, config.port)
  const metricsApp = createMetricsApp(metrics.text, (error) => report('the figures could not be read', faultOf(error)))
  const metricsPort = config.metrics && (await listen(metricsApp, config.metrics.host, config.metrics.port))
  const working = hold.over.then((how) =>
    how === 'released' ? { relay: runRelay(relay), mail: startMailNotices(config, relay) } : undefined,
  )
  const upkeep = startUpkeep(config, exchange, relay, log)
  return {
    port: listening.port,
    metricsPort: metricsPort?.port,
    store,
    stop: async () => {
      hold.stop()
      closing.abort()
      await metricsPort?.close()
      await listening.close()
      const atWork = await working
      await atWork?.relay.stop()
      await atWork?.mail?.stop()
      await upkeep.stop()
      await outbound.close()
      await store.close()
    },
  }
}

/** Faults after which a process only stands in the way, and what its log says as it ends. */
const endings: ReadonlyMap<string, string> = new Map([
  // A restart recovers from the log of the embedded engine; the engine itself does not.
  ['store-failed', 'the embedded store has stopped: restart the gateway'],
  [
    'schema-unknown',
    'a newer build has changed the database so that this one sends and takes in nothing: run the newest',
  ],
])

const sha256 = (data: string | Uint8Array): string => hash('sha256', data)

export const policyOf = (config: Pick<Config, 'zone' | 'policyVersion'>): Policy => ({
  mode: 'production',
  ownPolicyUris: [CONSENT_POLICY_URI],
  ...countingConsents,
  zone: config.zone,
  version: config.policyVersion,
  sha256,
})
