import type { CapabilityStatement } from '@medplum/fhirtypes'

/** What the FHIR face can do, from the same list of types as the routes. */
export const capabilityStatement = (context: {
  readonly baseUrl: string
  readonly types: readonly string[]
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
      resource: context.types.map((type) => ({
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types of the route table are R4 resource types
        type: type as 'Patient',
        interaction: [
          { code: 'create' },
          { code: 'read' },
          { code: 'vread' },
          { code: 'history-instance' },
          // A signed form is evidence: it is filed once and never changed.
          ...(type === 'Binary' ? [] : [{ code: 'update' as const }]),
        ],
        versioning: 'versioned-update',
        readHistory: true,
        updateCreate: false,
        conditionalCreate: true,
        conditionalUpdate: false,
        referencePolicy: ['literal', 'logical', 'local'],
      })),
    },
  ],
})
