/**
 * The schedule unless the operator sets another: retries over about three days, then a visible dead letter. Seconds after
 * the attempt that failed; the first entry is the wait after the first attempt.
 */
export const retrySeconds: readonly number[] = [5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]

/**
 * When to try again (epoch ms), with up to 20 % jitter so that many lanes of one endpoint do not come back at once.
 *
 * @param attempts how many were made, from 1.
 * @param random 0 ≤ random < 1.
 * @param retryAfterMs what the recipient asked for; never shortens the schedule.
 * @returns undefined when the schedule is used up.
 */
export const nextAttempt = (
  attempts: number,
  now: number,
  random: number,
  retryAfterMs: number | undefined,
  schedule: readonly number[] = retrySeconds,
): number | undefined => {
  const seconds = schedule[attempts - 1]
  if (seconds === undefined) return undefined
  const wait = seconds * 1000 * (1 + 0.2 * random)
  // A day at most, or a wrong header could silence a lane for years.
  return Math.round(now + Math.max(wait, Math.min(retryAfterMs ?? 0, 86_400_000)))
}
