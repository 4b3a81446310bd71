/** HL7's own validator, run once over many resources (`conformance/src/main/java/Judge.java`). */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Verdict } from './verdict.ts'

export type Task = { readonly resource: unknown; readonly profile?: string | undefined }

/** Which of the programs it needs are not installed. */
export const missingPrograms = (): readonly string[] =>
  [
    ['java', '-version'],
    ['mvn', '--version'],
  ].flatMap(([program = '', argument = '']) => (spawnSync(program, [argument]).status === 0 ? [] : [program]))

/**
 * The verdict on each resource, in order; only errors count.
 *
 * @throws when Maven or the engine fails
 */
export const engineVerdicts = (tasks: readonly Task[]): readonly Verdict[] => {
  build()
  const work = mkdtempSync(join(tmpdir(), 'ips-conformance-'))
  try {
    const [asked, answered] = [join(work, 'tasks.ndjson'), join(work, 'verdicts.ndjson')]
    writeFileSync(
      asked,
      tasks
        .map((task, id) => `${JSON.stringify({ id: String(id), resource: task.resource, profile: task.profile })}\n`)
        .join(''),
    )
    judge(asked, answered)
    const verdicts = readFileSync(answered, 'utf8').trimEnd().split('\n').map(verdictOf)
    if (verdicts.length !== tasks.length) throw new Error('the engine has not judged every resource')
    return verdicts
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const HERE = fileURLToPath(new URL('.', import.meta.url))
const CLASSPATH = join(HERE, 'target/classpath')

const build = (): void => {
  const goals = ['compile', 'dependency:build-classpath', `-Dmdep.outputFile=${CLASSPATH}`]
  const run = spawnSync('mvn', ['-q', '-B', ...goals], { cwd: HERE, encoding: 'utf8' })
  if (run.status !== 0 || !existsSync(CLASSPATH)) throw new Error(`maven failed:\n${run.stdout}${run.stderr}`)
}

const judge = (asked: string, answered: string): void => {
  const [input, output] = [openSync(asked, 'r'), openSync(answered, 'w')]
  try {
    const classpath = `${join(HERE, 'target/classes')}:${readFileSync(CLASSPATH, 'utf8').trim()}`
    const profiles = fileURLToPath(new URL('../profiles/compiled', import.meta.url))
    const run = spawnSync('java', ['-Xmx1g', '-cp', classpath, 'Judge', profiles], {
      stdio: [input, output, 'pipe'],
      encoding: 'utf8',
    })
    if (run.status !== 0) throw new Error(`the engine failed:\n${run.stderr}`)
  } finally {
    closeSync(input)
    closeSync(output)
  }
}

const Line = z.object({
  issues: z.array(
    z.object({
      severity: z.string(),
      location: z.string().nullish(),
      code: z.string().nullish(),
      text: z.string().nullish(),
    }),
  ),
})

const verdictOf = (line: string): Verdict => ({
  issues: Line.parse(JSON.parse(line))
    .issues.filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .map(({ location, code, text }) => ({ location: location ?? '', code: code ?? '', text: text ?? '' })),
})
