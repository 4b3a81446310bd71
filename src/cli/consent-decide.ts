import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { CaseError, type ConsentAnswer, ConsentCase } from './consent-case.ts'
import { decideCase } from './decide-case.ts'

/**
 * The dry run: cases as NDJSON in, one answer a line out, in order. A line that cannot be read is answered with an
 * error that says where, never what stood there, and the other lines are still decided.
 *
 * @returns the number of lines that could not be read.
 */
export const decideLines = async (input: Readable, output: Writable): Promise<number> => {
  let line = 0
  let errors = 0
  let waiting = ''
  const write = async (): Promise<void> => {
    const free = output.write(waiting)
    waiting = ''
    if (!free) await once(output, 'drain')
  }
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1
    if (text.trim() === '') continue
    const answer = answerLine(text, line)
    if (answer.id === null) errors += 1
    waiting += `${JSON.stringify(answer)}\n`
    if (waiting.length > CHUNK) await write()
  }
  await write()
  return errors
}

/** Characters written at once: one write a line costs more than many of the decisions. */
const CHUNK = 32_768

export const answerLine = (text: string, line: number): ConsentAnswer => {
  try {
    const read = ConsentCase.safeParse(JSON.parse(text))
    if (read.success) return decideCase(read.data)
    const [issue] = read.error.issues
    return { id: null, line, error: `${issue?.path.join('.') ?? ''}: ${issue?.code ?? 'unreadable'}` }
  } catch (error) {
    return { id: null, line, error: errorText(error) }
  }
}

/** A parser's own words quote what they read, which may be about a person; ours never do. */
const errorText = (error: unknown): string => {
  if (error instanceof SyntaxError) return 'no JSON'
  return error instanceof CaseError ? error.message : 'cannot be decided'
}
