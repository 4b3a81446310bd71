/** The names in a JSON text, before and beside `JSON.parse`, which hides what is done to them. */

/**
 * Counts the names of all objects, leaping from quote to quote.
 *
 * @returns `count`, larger than the number of keys in the parsed value when an object has a name twice (`JSON.parse` keeps the
 *   last one silently, other readers the first: a message could say one thing here and another to whoever receives it), and
 *   whether a name ends in a backslash. The numbers mean nothing for text that is not JSON.
 */
export const scanNames = (text: string): { readonly count: number; readonly endsInBackslash: boolean } => {
  let count = 0
  let endsInBackslash = false
  for (let open = text.indexOf('"'); open !== -1;) {
    const close = endOfString(text, open)
    if (text.charCodeAt(afterSpace(text, close + 1)) === COLON) {
      count += 1
      endsInBackslash ||= isBackslashBefore(text, close)
    }
    open = text.indexOf('"', close + 1)
  }
  return { count, endsInBackslash }
}

/**
 * Path to the first object that has a name twice, without that name. Slower than {@link scanNames}.
 *
 * @param text JSON that `JSON.parse` accepts
 */
export const firstRepeatedName = (text: string): readonly (string | number)[] => {
  const open: { step: string | number; readonly names: Set<string> | undefined }[] = []
  for (let at = afterSpace(text, 0); at < text.length; at = afterSpace(text, at + 1)) {
    const top = open.at(-1)
    const character = text[at]
    if (character === '{') open.push({ step: '', names: new Set() })
    else if (character === '[') open.push({ step: 0, names: undefined })
    else if (character === '}' || character === ']') open.pop()
    else if (character === ',' && typeof top?.step === 'number') top.step += 1
    else if (character === '"') {
      const close = endOfString(text, at)
      const isName = text.charCodeAt(afterSpace(text, close + 1)) === COLON
      if (isName && top?.names !== undefined) {
        const name = String(JSON.parse(text.slice(at, close + 1)))
        if (top.names.has(name)) return open.slice(0, -1).map(({ step }) => step)
        top.names.add(name)
        top.step = name
      }
      at = close
    }
  }
  return []
}

const BACKSLASH = 0x5c
const COLON = 0x3a

// Literally, or as the escape \u005c. That the latter may itself be escaped does not matter: no sender has such names.
const isBackslashBefore = (text: string, end: number): boolean =>
  text.charCodeAt(end - 1) === BACKSLASH ||
  (text.charCodeAt(end - 6) === BACKSLASH && /u005c$/i.test(text.slice(end - 5, end)))

// A quote ends the string unless an odd number of backslashes stands before it.
const endOfString = (text: string, open: number): number => {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return at
  }
  return text.length
}

const afterSpace = (text: string, from: number): number => {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1
  return at
}
