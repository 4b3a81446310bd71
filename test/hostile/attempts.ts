/**
 * How many hostile messages one run tries; `HOSTILE=200000` for a long night. Mutation testing of other rooms takes few.
 * A failure prints the seed of fast-check, and `HOSTILE_SEED` plays it again.
 */
export const attempts = (usual: number): { readonly numRuns: number; readonly seed?: number } => {
  const { HOSTILE, HOSTILE_SEED, MUTANTS } = process.env
  const asked = Number(HOSTILE ?? 10_000) / 10_000
  const numRuns = Math.ceil(usual * asked * (MUTANTS === undefined ? 1 : 0.01))
  return { numRuns, ...(HOSTILE_SEED !== undefined && { seed: Number(HOSTILE_SEED) }) }
}
