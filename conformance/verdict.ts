/** What a judge says of a resource; accepted when there is no issue. */
export type Verdict = { readonly issues: readonly PlacedIssue[] }

export type PlacedIssue = {
  /** FHIRPath, as the judge writes it. */
  readonly location: string
  readonly text: string
  /** The judge's own id of the rule; empty when it has none. */
  readonly code: string
}

/**
 * Whether an issue is about an element: reported at it or inside it, or at its parent with the element's path in the text (as
 * HL7's engine does for what is missing).
 */
export const isAbout = ({ location, text }: PlacedIssue, expression: string): boolean => {
  const wanted = plain(expression)
  const place = plain(location)
  if (place === wanted || place.startsWith(`${wanted}.`)) return true
  const parent = wanted.slice(0, wanted.lastIndexOf('.'))
  return place === parent && plain(text).includes(wanted)
}

/** Paths without positions, slices, comments and the ways to write a choice. */
const plain = (path: string): string =>
  path
    .replaceAll(/\/\*.*?\*\//g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\.ofType\([^)]*\)/g, '')
    .replaceAll(/:[A-Za-z0-9-]+/g, '')
