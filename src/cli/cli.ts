import { decideLines } from './consent-decide.ts'

/** `npm run -s cli -- consent decide`: the operator's commands. Ends with 1 when something could not be read, 2 on a word it does not know. */
const [subject, verb, ...rest] = process.argv.slice(2)
if (subject === 'consent' && verb === 'decide' && rest.length === 0) {
  const errors = await decideLines(process.stdin, process.stdout)
  if (errors > 0) process.exitCode = 1
} else {
  process.stderr.write('usage: npm run -s cli -- consent decide < cases.ndjson\n')
  process.exitCode = 2
}
