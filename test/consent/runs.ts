/**
 * How often a property is tried. Mutation testing asks the same question hundreds of times and takes a twentieth: what
 * survives that is looked at by hand.
 */
export const runs = (times: number): number => (process.env['MUTANTS'] === undefined ? times : Math.ceil(times / 20))
