import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pino from 'pino'
import { startGateway } from '../src/compose.ts'
import { type Config, loadConfig } from '../src/config.ts'
import { languages } from '../src/domain/party.ts'
import { demoClient } from './demo-client.ts'
import { postOthers } from './others.ts'
import { receiver } from './receiver.ts'
import { stage } from './stage.ts'
import { playStory, rememberInbox } from './story.ts'
import { testIdentityCode } from './test-identity-code.ts'

const started = Date.now()
const { values } = parseArgs({ options: { lang: { type: 'string', default: 'fi' } } })
const language = languages.find((one) => one === values.lang)
if (language === undefined) {
  console.error(`--lang takes one of: ${languages.join(', ')}`)
  process.exit(2)
}

const file = new URL('config.yaml', import.meta.url).pathname
const isUp = await fetch('http://127.0.0.1:8080/livez').then(
  (response) => response.ok,
  () => false,
)
// Without a running gateway the story gets one of its own, in a directory that is gone afterwards.
const temporary = isUp ? undefined : mkdtempSync(join(tmpdir(), 'ips-demo-'))
const config = loadConfig({
  file,
  environment: { ...process.env, ...(temporary !== undefined && { IPS_DATA: temporary }) },
})
const gateway = temporary === undefined ? undefined : await startGateway(config, pino({ level: 'error' }))

const show = stage(language, (line) => console.log(line))
const tool = receiver(8099, readFileSync(join(config.dataDirectory, 'keys/ips-tampere-webhook.secret'), 'utf8').trim())
try {
  await tool.open()
  const as = (name: string) => demoClient(config.baseUrl, `demo-${name}`, keyOf(config, name))
  const [hospital, team, office, portal] = await Promise.all([
    as('hospital-ehr'),
    as('ips-team'),
    as('employment-service'),
    as('client-portal'),
  ])
  await rememberInbox(team)
  await rememberInbox(hospital)
  const story = {
    hetu: testIdentityCode(started),
    run: String(started),
    hospital: identifierOf('hus-psychiatry'),
    team: identifierOf('ips-tampere'),
    today: new Date(started).toISOString().slice(0, 10),
  }
  await playStory({ hospital, team, office, portal, tool }, story, language, show)
  await postOthers(hospital, show)
} finally {
  await tool.close()
  await gateway?.stop()
  if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
}

const seconds = ((Date.now() - started) / 1000).toFixed(1)
console.log(
  `\n${show.differences.length === 0 ? show.words.good : `${show.words.bad}: ${show.differences.join('; ')}`} (${seconds} s)`,
)
process.exit(show.differences.length === 0 ? 0 : 1)

function keyOf({ dataDirectory }: Config, name: string): string {
  return join(dataDirectory, 'keys', `demo-${name}.private.json`)
}

function identifierOf(id: string): { readonly system: string; readonly value: string } {
  const identifier = config.parties.byId(id)?.identifiers[0]
  if (identifier === undefined) throw new Error(`the demo configuration lacks the party \`${id}\``)
  return identifier
}
