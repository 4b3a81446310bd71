import type { Turn } from './model/run.ts'

/** A schedule as a table: one column for each actor, one line for each turn. */
export const printed = (turns: readonly Turn[]): string => {
  const actors = [...new Set(turns.map(({ actor }) => actor))]
  const cells = turns.map(({ actor, step, waits, result }) => {
    const word = `${step}${waits === true ? ' … waits' : ''}${result === undefined ? '' : ` → ${result}`}`
    return actors.map((one) => (one === actor ? word : ''))
  })
  const widths = actors.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' │ ')
      .trimEnd()
  return [line(actors), line(widths.map((width) => '─'.repeat(width))), ...cells.map(line)].join('\n')
}
