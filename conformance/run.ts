/**
 * Two judges on the same resources: the one that works at run time (`src/fhir`) and HL7's own validator.
 *
 *     npm run conformance                          examples, counter-examples, mutants (minutes)
 *     npm run conformance -- --no-mutants          without the mutants
 *     IPS_EMITTED=<folder> npm test                records what the gateway emits in the tests …
 *     IPS_EMITTED=<folder> npm run conformance     … and judges that, too
 */
import { argumentFor, isEcho } from './argued.ts'
import { engineVerdicts, missingPrograms } from './engine.ts'
import { ownVerdict } from './own-judge.ts'
import { type Subject, subjects } from './subjects.ts'
import { isAbout, type Verdict } from './verdict.ts'

/** What is wrong with the verdicts on one subject; undefined when they are as they must be. */
const problem = (subject: Subject, own: Verdict, engine: Verdict): string | undefined => {
  const judges = [
    { name: 'ours', issues: own.issues },
    { name: "HL7's", issues: engine.issues.filter((issue) => subject.kind !== 'emitted' || !isEcho(issue)) },
  ]
  switch (subject.kind) {
    case 'example':
    case 'emitted': {
      const refused = judges.filter(({ issues }) => issues.length > 0)
      return refused.length === 0
        ? undefined
        : refused.map(({ name, issues }) => `${name} says ${first(issues)}`).join('; ')
    }
    case 'counter-example': {
      const missed = judges.filter(({ issues }) => !issues.some((issue) => isAbout(issue, subject.at)))
      const said = missed.map(({ name, issues }) => `${name} says ${first(issues)}`)
      return missed.length === 0 ? undefined : `wanted at ${subject.at}, but ${said.join('; ')}`
    }
    case 'mutant': {
      if (own.issues.length > 0 === engine.issues.length > 0) return undefined
      if (argumentFor({ ...subject.mutant, own, engine }) !== undefined) return undefined
      return `ours says ${first(own.issues)}; HL7's says ${first(engine.issues)}`
    }
  }
}

const first = ([issue]: Verdict['issues']): string =>
  issue === undefined ? 'nothing' : `${issue.location}: ${issue.text} [${issue.code}]`

const count = (all: readonly Subject[]): string =>
  Object.entries(Object.groupBy(all, ({ kind }) => kind))
    .map(([kind, some]) => `${some.length} ${kind}${kind === 'emitted' ? ' resources' : 's'}`)
    .join(', ')

const run = (): boolean => {
  const isQuick = process.argv.includes('--no-mutants')
  const all = subjects(process.env['IPS_EMITTED']).filter(({ kind }) => !isQuick || kind !== 'mutant')
  const started = Date.now()
  const engine = engineVerdicts(all)
  const problems = all.flatMap((subject, index) => {
    const own = ownVerdict(subject.resource, subject.profile)
    const found = problem(subject, own, engine[index] ?? { issues: [] })
    return found === undefined ? [] : [`${subject.kind} ${subject.label}: ${found}`]
  })
  for (const line of problems) console.log(line)
  const verdict = problems.length === 0 ? 'the judges agree' : `${problems.length} problems`
  console.log(`conformance: ${count(all)} in ${Math.round((Date.now() - started) / 1000)} s: ${verdict}`)
  return problems.length === 0
}

const missing = missingPrograms()
if (missing.length === 0) process.exitCode = run() ? 0 : 1
else {
  console.log(`conformance: SKIPPED, because ${missing.join(' and ')} cannot be run here`)
  process.exitCode = process.env['CI'] === 'true' ? 1 : 0
}
