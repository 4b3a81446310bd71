import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { verifyAudit } from '../exchange/verify-audit.ts'
import { type Environment, type Print, reasonOf, withStore } from './with-store.ts'

/** What `audit` can do, as its usage says. */
export const auditUsage = `audit verify [--seal NUMBER:HASH]
on the store of the configuration that IPS_CONFIG names; NUMBER:HASH as an earlier run or the gateway's log said`

/** @returns the exit code: 0 as it was sealed, 1 it is not or could not be read, 2 not understood. */
export const auditCommand = async (
  args: readonly string[],
  environment: Environment,
  print: Print,
): Promise<0 | 1 | 2> => {
  const asked = readArguments(args)
  if (asked === undefined) {
    print.error(auditUsage)
    return 2
  }
  try {
    const verified = await withStore(environment, 'existing', (store) => verifyAudit({ store, sha256 }, asked.kept))
    const isAsSealed = verified.tampering === undefined
    print.out(JSON.stringify({ isAsSealed, ...verified }, undefined, 2))
    return isAsSealed ? 0 : 1
  } catch (error) {
    print.error(reasonOf(error))
    return 1
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

type Asked = { readonly kept: Parameters<typeof verifyAudit>[1] }

const readArguments = (args: readonly string[]): Asked | undefined => {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { seal: { type: 'string' } },
      allowPositionals: true,
    })
    if (positionals.length !== 1 || positionals[0] !== 'verify') return undefined
    if (values.seal === undefined) return { kept: undefined }
    const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(values.seal) ?? []
    return hash === undefined ? undefined : { kept: { number: Number(number), hash } }
  } catch {
    return undefined
  }
}
