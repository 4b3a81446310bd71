/**
 * Counts what processes complain of. Outages make workers complain, and that is as it should be; anything they say that
 * is not a line of their log is a crash, and is shown.
 */
export const faultLog = (show: (line: string) => void) => {
  const counts: Record<string, number> = {}
  return {
    hear: (line: string): void => {
      const name = nameOf(line)
      if (name === undefined) show(line)
      counts[name ?? 'crash'] = (counts[name ?? 'crash'] ?? 0) + 1
    },
    counts: (): Readonly<Record<string, number>> => counts,
  }
}

const nameOf = (line: string): string | undefined => {
  try {
    const { msg, code } = JSON.parse(line) as { readonly msg?: string; readonly code?: string }
    return [msg, code].filter(Boolean).join(': ')
  } catch {
    return undefined
  }
}
