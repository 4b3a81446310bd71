/**
 * The names a sender may have meant by an unknown one: another case, the beginning (`occurrence` for `occurrenceDateTime`,
 * `reason` for `reasonCode`) or at most two typing errors. At most four, the likeliest first.
 */
export const similarNames = (unknown: string, names: readonly string[]): readonly string[] => {
  const typed = unknown.toLowerCase()
  const sameButCase = names.filter((name) => name.toLowerCase() === typed)
  if (sameButCase.length > 0) return sameButCase
  const longer = names.filter((name) => typed.length >= 3 && name.toLowerCase().startsWith(typed))
  if (longer.length > 0) return longer.slice(0, MAX_NAMES)
  const tolerated = typed.length >= 6 ? 2 : 1
  return names.filter((name) => isNear(typed, name.toLowerCase(), tolerated)).slice(0, MAX_NAMES)
}

const MAX_NAMES = 4

// Damerau–Levenshtein, cut off at the tolerated number of errors; names of FHIR are short enough for plain recursion.
const isNear = (a: string, b: string, tolerated: number): boolean => {
  let [from, toA, toB] = [0, a.length, b.length]
  while (from < toA && from < toB && a[from] === b[from]) from += 1
  while (toA > from && toB > from && a[toA - 1] === b[toB - 1]) [toA, toB] = [toA - 1, toB - 1]
  const [restA, restB] = [a.slice(from, toA), b.slice(from, toB)]
  if (restA.length === 0 || restB.length === 0) return restA.length + restB.length <= tolerated
  if (tolerated === 0) return false
  return (
    isNear(restA.slice(1), restB.slice(1), tolerated - 1) ||
    isNear(restA.slice(1), restB, tolerated - 1) ||
    isNear(restA, restB.slice(1), tolerated - 1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && isNear(restA.slice(2), restB.slice(2), tolerated - 1))
  )
}
