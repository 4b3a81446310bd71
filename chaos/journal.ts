import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** What a producer writes down: before it asks for a change of a consent, and after everything it was told is kept. */
export type Entry =
  | { readonly kind: 'intent'; readonly change: ConsentChange }
  | { readonly kind: 'done'; readonly change: ConsentChange; readonly consent: string }
  | { readonly kind: 'enrolled'; readonly client: number; readonly patient: string; readonly consent: string }
  | { readonly kind: 'acknowledged'; readonly record: string }
  /** An answer no producer should ever get. */
  | { readonly kind: 'unexpected'; readonly what: string; readonly status: number }

export type ConsentChange = {
  readonly action: 'grant' | 'withdraw'
  readonly client: number
  readonly team: string
  /** Names the consent; a withdrawal names the one it ends. */
  readonly name: string
}

/** One line in one write: it outlives the process that wrote it. */
export const journal =
  (file: string) =>
  (entry: Entry): void =>
    appendFileSync(file, `${JSON.stringify(entry)}\n`)

export const readJournal = (file: string): readonly Entry[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Entry)
    : []
