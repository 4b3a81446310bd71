import { parseArgs } from 'node:util'

export type Options = {
  readonly seconds: number
  readonly workers: number
  readonly producers: number
  readonly seed: number
  /** Only the JSON line. */
  readonly json: boolean
  /** The naive outbox instead of the gateway's. */
  readonly control: boolean
  /** Half of everything starts on an older build and is replaced in the middle of the run. */
  readonly upgrade: boolean
  /** A commit: the older build. Without it the newer build is one made for the purpose. */
  readonly from: string | undefined
}

/** `--minutes 30 --workers 4 --producers 2 --seed 1 --json --control`, or `--seconds 60`; `--upgrade`, `--from COMMIT`. @throws on any other word. */
export const readOptions = (words: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...words],
    options: {
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      workers: { type: 'string', default: '4' },
      producers: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      control: { type: 'boolean', default: false },
      upgrade: { type: 'boolean', default: false },
      from: { type: 'string' },
    },
  })
  if (values.control && (values.upgrade || values.from !== undefined)) throw new Error('--control has one build only')
  const seconds =
    values.seconds === undefined
      ? numberFor('minutes', values.minutes ?? '1', 0.1, 1440) * 60
      : numberFor('seconds', values.seconds, 5, 86_400)
  return {
    seconds,
    workers: numberFor('workers', values.workers, 1, 16),
    producers: numberFor('producers', values.producers, 1, 8),
    seed: numberFor('seed', values.seed, 0, 2 ** 31),
    json: values.json,
    control: values.control,
    upgrade: values.upgrade || values.from !== undefined,
    from: values.from,
  }
}

const numberFor = (name: string, text: string, least: number, most: number): number => {
  const number = Number(text)
  if (text.trim() === '' || !(number >= least && number <= most)) {
    throw new Error(`--${name} takes a number from ${least} to ${most}`)
  }
  return number
}
