import pino from 'pino'
import { startGateway } from '../src/compose.ts'
import { configOf, sceneOf } from './scene.ts'
import { orEnd, underParent } from './under-parent.ts'

/** A whole gateway, HTTP and relay, as `main.ts` starts it. */
const gateway = await startGateway(
  configOf(sceneOf(process.argv[2])),
  pino({ level: 'error' }, pino.destination({ fd: 1, sync: true })),
).catch(orEnd)
underParent({ port: gateway.port, stop: () => gateway.stop() })
