import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importJWK, type JWK, SignJWT } from 'jose'
import pino from 'pino'
import { startGateway } from '../../src/compose.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import { freePort } from './free-port.ts'

const demoConfig = new URL('../../demo/config.yaml', import.meta.url).pathname

/** The gateway as its operator runs it, with the demo's parties, on a loopback socket. */
export type RunningGateway = {
  readonly url: string
  /** A signed client assertion of one of the demo's clients (SMART Backend Services), good for one token. */
  assertion(clientId: string): Promise<string>
  stop(): Promise<void>
}

/** `change`: what is not as in the demonstration. */
export const runGateway = async (change = (config: Config): Config => config): Promise<RunningGateway> => {
  const data = mkdtempSync(join(tmpdir(), 'ips-running-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const environment = { IPS_DATA: data, IPS_PORT: String(port), IPS_BASE_URL: url }
  const running = await startGateway(change(loadConfig({ file: demoConfig, environment })), pino({ level: 'silent' }))
  return {
    url,
    assertion: (clientId) => assertion(`${url}/auth/token`, clientId, join(data, 'keys', `${clientId}.private.json`)),
    stop: async () => {
      await running.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

const assertion = async (audience: string, clientId: string, keyFile: string): Promise<string> => {
  const jwk: JWK = JSON.parse(readFileSync(keyFile, 'utf8'))
  const alg = jwk.alg ?? 'ES384'
  return new SignJWT({})
    .setProtectedHeader({ alg, typ: 'JWT', kid: String(jwk.kid) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(randomUUID())
    .setExpirationTime('4m')
    .sign(await importJWK(jwk, alg))
}
