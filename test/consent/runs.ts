/**
 * How often a property is tried. Mutation testing asks the same question hundreds of times and takes a twentieth, of the
 * same examples each time, so that its report can be had again: what survives that is looked at by hand.
 */
export const runs = (times: number): number => (forMutants ? Math.ceil(times / 20) : times)

/** Options of fast-check for properties tried so often. */
export const tries = (times: number): { readonly numRuns: number; readonly seed?: number } => ({
  numRuns: runs(times),
  ...(forMutants && { seed: 2 }),
})

const forMutants = process.env['MUTANTS'] !== undefined
