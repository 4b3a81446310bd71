import pino from 'pino'
import { startGateway } from '../src/compose.ts'
import { configOf, sceneOf } from './scene.ts'
import { orEnd, underParent } from './under-parent.ts'

/** A whole gateway on the embedded store, which sends nothing. */
const [sceneText, directory = ''] = process.argv.slice(2)
const config = configOf(sceneOf(sceneText))
const gateway = await startGateway(
  { ...config, store: { kind: 'pglite', directory }, relay: { ...config.relay, workers: 0 } },
  pino({ level: 'silent' }),
).catch(orEnd)
underParent({ port: gateway.port, stop: () => gateway.stop() })
