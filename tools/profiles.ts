/**
 * Compiles `profiles/` into `profiles/compiled/`: FSH by SUSHI, with snapshots, and the vocabulary of `src/domain`.
 *
 *     npm run profiles               compile
 *     npm run profiles -- --check    exit with 1 when what is committed is not what the sources say
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeR4Package } from './profiles/r4-package.ts'
import { updateFsh } from './profiles/update-fsh.ts'
import { profileRules } from './profiles/rules.ts'
import { vocabulary } from './profiles/vocabulary.ts'

const SOURCES = fileURLToPath(new URL('../profiles/', import.meta.url))
const GENERATED = join(SOURCES, 'input/fsh/generated')
const COMPILED = join(SOURCES, 'compiled')
const RULES = fileURLToPath(new URL('../src/fhir/profile/rules.json', import.meta.url))
const SUSHI = fileURLToPath(new URL('../node_modules/fsh-sushi/dist/app.js', import.meta.url))

/** The compiler looks for newer versions of itself and of packages nobody here uses; it shall not wait for an answer. */
const NOWHERE = 'http://127.0.0.1:9'
const isAboutNetwork = (line: string): boolean =>
  /latest version of sushi|automatically-provided|properties are unused/.test(line)

type Files = ReadonlyMap<string, string>

/** FSH that follows the tables of updates, by file name. */
export const generatedFsh = (): Files =>
  new Map(
    updateFsh().map(({ file, text }) => [
      file,
      `// Written by \`npm run profiles\`; see tools/profiles/update-fsh.ts.\n${text}`,
    ]),
  )

/** Compiles in a folder of its own, with a HOME of its own: SUSHI shall find no package but the one we give it. */
const compile = (generated: Files): Files => {
  const work = mkdtempSync(join(tmpdir(), 'ips-profiles-'))
  try {
    for (const name of ['sushi-config.yaml', 'input'])
      cpSync(join(SOURCES, name), join(work, name), { recursive: true })
    replaceFiles(join(work, 'input/fsh/generated'), generated)
    writeR4Package(work)
    const run = spawnSync(process.execPath, [SUSHI, 'build', work, '--snapshot', '--log-level', 'warn'], {
      env: { HOME: work, FPL_REGISTRY: NOWHERE, HTTPS_PROXY: NOWHERE },
      encoding: 'utf8',
    })
    const problems = run.stdout.split('\n').filter((line) => /^(error|warn)/.test(line) && !isAboutNetwork(line))
    if (run.status !== 0 || problems.length > 0) throw new Error(`SUSHI is not content:\n${run.stdout}${run.stderr}`)
    return readFiles(join(work, 'fsh-generated/resources'))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const readFiles = (folder: string): Files =>
  new Map(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )

const replaceFiles = (folder: string, files: Files): void => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 1)}\n`

/** The guide itself is SUSHI's; what we publish are its artefacts. */
const compiled = (generated: Files): Files => {
  const built = [...compile(generated)].filter(([name]) => !name.startsWith('ImplementationGuide'))
  const words = vocabulary().map((one): [string, string] => [`${one.resourceType}-${one.id}.json`, json(one)])
  return new Map([...built.map(([name, text]): [string, string] => [name, json(JSON.parse(text))]), ...words])
}

const differences = (folder: string, fresh: Files): readonly string[] => {
  const committed = readFiles(folder)
  const names = new Set([...committed.keys(), ...fresh.keys()])
  return [...names].filter((name) => committed.get(name) !== fresh.get(name)).map((name) => join(folder, name))
}

/** The rules the gateway enforces, from the artefacts as they were compiled. */
export const rulesText = (files: Files): string =>
  `${JSON.stringify(profileRules([...files.values()].map((text): unknown => JSON.parse(text))))}\n`

if (import.meta.main) {
  const generated = generatedFsh()
  const fresh = compiled(generated)
  if (process.argv.includes('--check')) {
    const isStale = readFileSync(RULES, 'utf8') !== rulesText(fresh)
    const stale = [...differences(GENERATED, generated), ...differences(COMPILED, fresh), ...(isStale ? [RULES] : [])]
    for (const name of stale) console.error(`not fresh: ${name}`)
    if (stale.length > 0) process.exitCode = 1
  } else {
    replaceFiles(GENERATED, generated)
    replaceFiles(COMPILED, fresh)
    writeFileSync(RULES, rulesText(fresh))
  }
  console.log(`${fresh.size} artefacts`)
}
