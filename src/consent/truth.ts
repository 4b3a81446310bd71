/** Three-valued truth: true, false, unknown. A permit matches only on T; a deny matches on T or U. */
export type Truth = 'T' | 'F' | 'U'

export const and = (parts: readonly Truth[]): Truth => (parts.includes('F') ? 'F' : parts.includes('U') ? 'U' : 'T')

/** True for at least one: T over U over F. */
export const some = <I>(items: readonly I[], test: (item: I) => Truth): Truth => {
  let found: Truth = 'F'
  for (const item of items) {
    const truth = test(item)
    if (truth === 'T') return 'T'
    if (truth === 'U') found = 'U'
  }
  return found
}

export const truthOf = (holds: boolean): Truth => (holds ? 'T' : 'F')
