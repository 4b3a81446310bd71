import { auditCommand, auditUsage } from './audit-command.ts'
import { decideLines } from './consent-decide.ts'
import { relayCommand, relayUsage } from './relay-command.ts'
import { storeCommand, storeUsage } from './store-command.ts'

/**
 * `npm run -s cli -- consent decide | relay … | store … | audit …`: the operator's commands. Ends with 1 when something could not be read or
 * was refused, 2 on a word it does not know.
 */
const [subject, ...args] = process.argv.slice(2)
if (subject === 'consent' && args.length === 1 && args[0] === 'decide') {
  const errors = await decideLines(process.stdin, process.stdout)
  if (errors > 0) process.exitCode = 1
} else if (subject === 'relay') {
  const print = { out: console.log, error: console.error }
  process.exitCode = await relayCommand(args, process.env, print)
} else if (subject === 'store') {
  process.exitCode = await storeCommand(args, process.env, { out: console.log, error: console.error })
} else if (subject === 'audit') {
  process.exitCode = await auditCommand(args, process.env, { out: console.log, error: console.error })
} else {
  process.stderr.write(
    `usage: npm run -s cli -- consent decide < cases.ndjson\n${relayUsage}\n${storeUsage}\n${auditUsage}\n`,
  )
  process.exitCode = 2
}
