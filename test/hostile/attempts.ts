/**
 * How many hostile messages one run tries; `HOSTILE=200000` for a long night. Mutation testing of other rooms takes few.
 * The same ones in every run, so that a change and not a draw makes it fail; `HOSTILE_SEED=random` draws others, and a failure
 * prints the seed, which `HOSTILE_SEED` plays again.
 */
export const attempts = (usual: number): { readonly numRuns: number; readonly seed?: number } => {
  const { HOSTILE, HOSTILE_SEED, MUTANTS } = process.env
  const asked = Number(HOSTILE ?? 10_000) / 10_000
  const numRuns = Math.ceil(usual * asked * (MUTANTS === undefined ? 1 : 0.01))
  return { numRuns, seed: HOSTILE_SEED === 'random' ? Date.now() : Number(HOSTILE_SEED ?? 2026) }
}
