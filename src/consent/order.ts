/** Negative when the first comes before the other, 0 when they are the same. */
export type Order<T> = (one: T, other: T) => number

export const byWord: Order<string> = (one, other) => (one === other ? 0 : one < other ? -1 : 1)

/** Sorted, without repeats. Consents come from the store in the order of their ids, so that most lists are in order as they are. */
export const inOrder = <T>(items: readonly T[], order: Order<T>): readonly T[] => {
  if (isAscending(items, order)) return items
  return items
    .toSorted(order)
    .filter((item, index, sorted) => index === 0 || order(sorted[index - 1] ?? item, item) !== 0)
}

const isAscending = <T>(items: readonly T[], order: Order<T>): boolean => {
  let before: T | undefined
  for (const item of items) {
    if (before !== undefined && order(before, item) >= 0) return false
    before = item
  }
  return true
}
