const returns = ['minimal', 'representation', 'OperationOutcome'] as const

/** What a sender wants back from a write (R4 http.html#ops). */
export type Returned = (typeof returns)[number]

/** The `return` preference of a `Prefer` header (RFC 7240); preferences nobody knows are ignored, as the RFC demands. */
export const returnPreference = (header: string | undefined): Returned | undefined => {
  for (const preference of (header ?? '').split(',')) {
    const [, value] = /^\s*return\s*=\s*"?([A-Za-z]+)"?\s*(?:;|$)/i.exec(preference) ?? []
    const known = returns.find((one) => one === value)
    if (known !== undefined) return known
  }
  return undefined
}
