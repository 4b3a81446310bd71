/** Statements with lists have one text for each length: past this many texts further ones go without a name. */
const MOST_NAMES = 400

const names = new Map<string, string>()
let generation = 0

/**
 * A name for a statement's text, so that PostgreSQL parses and plans it once a connection: planning anew was half of the
 * server's work (measured: 24.5 → 12 ms for a referral).
 */
export const statementName = (text: string): string | undefined => {
  const known = names.get(text)
  if (known !== undefined || names.size >= MOST_NAMES) return known
  const name = `ips_${generation}_${names.size}`
  names.set(text, name)
  return name
}

/** After a change of the schema what was parsed before fails on every connection (`0A000`): all get new names. */
export const forgetStatements = (): void => {
  names.clear()
  generation += 1
}
