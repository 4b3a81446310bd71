import type { CapabilityStatement } from '@medplum/fhirtypes'
import { type ServedType, servedTypes } from './interactions.ts'

/** What the FHIR face can do, from the table the routes are made from. */
export const capabilityStatement = (context: {
  readonly baseUrl: string
  readonly startedAt: number
  readonly version: string
}): CapabilityStatement => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: new Date(context.startedAt).toISOString(),
  kind: 'instance',
  software: { name: 'ips-gateway', version: context.version },
  implementation: { description: 'IPS gateway', url: `${context.baseUrl}/fhir` },
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [
    {
      mode: 'server',
      documentation:
        'Every party sees and writes only its own resources and what was told to it under a written consent.',
      security: {
        extension: [tokenAddress(context.baseUrl)],
        cors: false,
        service: [
          {
            coding: [
              { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' },
            ],
          },
        ],
      },
      interaction: [{ code: 'transaction' }],
      resource: Object.entries(servedTypes).map(([type, served]) => resourceOf(type, served)),
    },
  ],
})

/**
 * Where tokens are made, once more: SMART App Launch keeps it in `.well-known/smart-configuration` since version 2, and
 * clients in use take whichever of the two answers first. Nobody authorizes in person here, so `authorize` has no address.
 */
const tokenAddress = (baseUrl: string) => ({
  url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
  extension: [{ url: 'token', valueUri: `${baseUrl}/auth/token` }],
})

type Rest = NonNullable<CapabilityStatement['rest']>[number]
type RestResource = NonNullable<Rest['resource']>[number]

const resourceOf = (type: string, { interactions, conditionalCreate, profiles }: ServedType): RestResource => ({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table are R4 resource types
  type: type as RestResource['type'],
  ...(profiles.length > 0 && { supportedProfile: [...profiles] }),
  interaction: interactions.map((code) => ({ code })),
  versioning: 'versioned-update',
  readHistory: true,
  updateCreate: false,
  conditionalCreate,
  conditionalUpdate: false,
  referencePolicy: ['literal', 'logical', 'local'],
})
