/** One thing wrong with the configuration. `path` is the key path, empty for the file as a whole. */
export type ConfigProblem = { readonly path: string; readonly text: string }

/** The configuration cannot be used; the process must not start. Holds key paths and explanations, never a secret. */
export class ConfigError extends Error {
  readonly code = 'config-invalid'
  readonly problems: readonly ConfigProblem[]

  constructor(file: string, problems: readonly ConfigProblem[]) {
    const list = problems.map(({ path, text }) => (path === '' ? text : `\`${path}\`: ${text}`))
    super(`configuration \`${file}\` refused: ${list.join('; ')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** `['parties', 0, 'name']` → `parties[0].name`. */
export const keyPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
