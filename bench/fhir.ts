import { parseArgs } from 'node:util'
import type { Child } from './child.ts'
import { describeMachine, load } from './machine.ts'
import { readOptions } from './options.ts'
import { openPlaces } from './places.ts'
import { measureReading, type Reading } from './reading.ts'
import { setStage } from './stage.ts'
import { measureStoring, type Storing } from './storing.ts'

/**
 * `npm run -s bench:fhir [-- --quick] [--reading]`: how fast resources are read, against `validateResource` of @medplum/core,
 * and how fast lone ones are stored through the whole gateway, against one plain INSERT; `--reading` leaves the store out.
 */
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, reading: { type: 'boolean', default: false } },
})
const options = readOptions(values.quick ? ['--quick', '--engine', 'postgres'] : ['--engine', 'postgres'])

const micro = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(1)).padStart(9)

const readingLine = ({ what, bytes, parse, body, json, other, target }: Reading): string => {
  const times = other === undefined ? '' : `${(other / parse).toFixed(1)}×`
  const aim = target === undefined ? '' : `  parse ≤ ${target}: ${parse <= target ? 'yes' : 'NO'}`
  const perSecond = Math.round(1e6 / parse).toLocaleString('en')
  return `${what.padEnd(54)}${String(bytes).padStart(6)}${micro(parse)}${perSecond.padStart(9)}${micro(body)}${micro(json)}${micro(other)}${times.padStart(8)}${aim}`
}

const storingLine = ({ what, perSecond, floor }: Storing): string =>
  `${what.padEnd(54)}${Math.round(perSecond).toString().padStart(9)}${Math.round(floor).toString().padStart(9)}${(perSecond / floor).toFixed(2).padStart(9)}`

const store = async (): Promise<readonly Storing[] | undefined> => {
  const places = await openPlaces('postgres')
  if (places === undefined) return undefined
  const children: Child[] = []
  const keep = async (start: () => Promise<Child>): Promise<Child> => {
    const child = await start()
    children.push(child)
    return child
  }
  try {
    return await measureStoring(await setStage(places, options, keep), { ...options, seconds: options.seconds / 3 })
  } finally {
    for (const child of children.toReversed()) await child.stop()
    await places.remove()
  }
}

const { cores, processor, node } = describeMachine()
console.log(
  `${cores} cores (${processor}), node ${node}, load average ${load().toFixed(2)}; processor µs, best of several`,
)
console.log(`${''.padEnd(54)} bytes    parse  /second     body     json  medplum`)
for (const reading of measureReading(values.quick ? 5 : 15)) console.log(readingLine(reading))
if (!values.reading) {
  const stored = await store()
  console.log(`\n${'stored, answered'.padEnd(54)}  /second   INSERT    ratio`)
  if (stored === undefined) console.log('PostgreSQL is not installed: SKIPPED')
  for (const storing of stored ?? []) console.log(storingLine(storing))
}
