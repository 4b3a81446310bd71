import { parseArgs } from 'node:util'

export const engines = ['postgres', 'pglite'] as const
export type Engine = (typeof engines)[number]

export type Options = {
  readonly json: boolean
  readonly engines: readonly Engine[]
  readonly rounds: number
  /** Measured seconds of one round of a closed loop. */
  readonly seconds: number
  /** Messages of one round of the latency measurement. */
  readonly messages: number
  /** Milliseconds for which one number of consents is decided on. */
  readonly decisionMs: number
  /** Directory for CPU profiles of the gateway process (`--cpu-prof`); measuring with it costs speed. */
  readonly profile: string | undefined
}

/** `--json`, `--quick`, `--engine postgres|pglite`, `--profile <directory>`. @throws on any other word. */
export const readOptions = (words: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      engine: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const chosen = engines.filter((engine) => values.engine === undefined || values.engine === engine)
  if (chosen.length === 0) throw new Error(`unknown engine \`${values.engine}\`: use ${engines.join(' or ')}`)
  const length = values.quick
    ? { rounds: 1, seconds: 2, messages: 50, decisionMs: 300 }
    : { rounds: 3, seconds: 3, messages: 80, decisionMs: 1500 }
  return { json: values.json, engines: chosen, profile: values.profile, ...length }
}
