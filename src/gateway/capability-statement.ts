import type { CapabilityStatement } from '@medplum/fhirtypes'
import { messageDefinitionUrl, messageEvents, type MessageEvent } from '../domain/message-event.ts'
import type { Party, PartyKind } from '../domain/party.ts'
import { commonParameters } from '../fhir/search/read-query.ts'
import { actionFor, type ServedType, servedTypes } from './interactions.ts'
import { requireScope, type Scope } from './scopes.ts'

/** Whoever asks with a token; nobody in particular is told of everything the gateway can do. */
export type Asking = { readonly party: Pick<Party, 'kind'>; readonly scopes: readonly Scope[] } | undefined

/**
 * What the FHIR face can do (R4 CapabilityStatement), from the table the routes are made from; to a caller, what its kind of
 * party and the scopes of its token let it do.
 */
export const capabilityStatement = (
  context: { readonly baseUrl: string; readonly startedAt: number; readonly version: string },
  asking: Asking,
): CapabilityStatement => {
  const base = `${context.baseUrl}/fhir`
  const resource = Object.entries(servedTypes).flatMap(([type, served]) => resourceOf(type, served, asking) ?? [])
  const supportedMessage = messagesFor(asking)
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: new Date(context.startedAt).toISOString(),
    kind: 'instance',
    software: { name: 'ips-gateway', version: context.version },
    implementation: { description: 'IPS gateway', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        documentation: asking === undefined ? WHOLE : `${forKind[asking.party.kind]} ${OWN_ONLY}`,
        security: securityOf(context.baseUrl),
        ...(resource.length > 0 && { resource }),
        ...(mayWrite(asking) && { interaction: [{ code: 'transaction' }, { code: 'batch' }] }),
        ...(supportedMessage.length > 0 && {
          operation: [
            { name: 'process-message', definition: `${R4}/OperationDefinition/MessageHeader-process-message` },
          ],
        }),
      },
    ],
    ...(supportedMessage.length > 0 && {
      messaging: [
        {
          endpoint: [{ protocol: HTTP, address: `${base}/$process-message` }],
          documentation: 'Every message is answered at once; the same one again gets the same answer for 30 days.',
          supportedMessage,
        },
      ],
    }),
  }
}

const R4 = 'http://hl7.org/fhir'
const HTTP = { system: 'http://terminology.hl7.org/CodeSystem/message-transport', code: 'http' }

const OWN_ONLY = 'Only its own resources, and what was told to it under a written consent, exist for a party.'
const WHOLE = `All that the gateway can do; ask with an access token for what you may. ${OWN_ONLY}`

/** What a party of each kind is here for. */
const forKind: Readonly<Record<PartyKind, string>> = {
  'care-organisation': 'Refers clients, records their written consents and teams, and tells what has changed.',
  'ips-team': 'Answers referrals, and reads what clients permit their coaches to know.',
  'employment-service': 'Reads what clients permit it to know; nothing of their health or attendance.',
  'housing-service': 'Reads what clients permit it to know; nothing of their health or attendance.',
  'client-portal': 'Serves the client herself, who sees what was told, to whom and on which consent.',
  employer: 'Nothing is told to an employer here.',
  operator: 'Sees to the queues under /api/relay; reads nothing of clients.',
}

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

const securityOf = (baseUrl: string): NonNullable<Rest['security']> => ({
  extension: [tokenAddress(baseUrl)],
  cors: false,
  service: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }] },
  ],
  description: `SMART Backend Services: sign an assertion (private_key_jwt) for the token endpoint ${baseUrl}/auth/token; see ${baseUrl}/fhir/.well-known/smart-configuration.`,
})

/** @returns undefined when the caller may do nothing with the type. */
const resourceOf = (type: string, served: ServedType, asking: Asking): RestResource | undefined => {
  const interactions = served.interactions.filter((one) => may(asking, type, one))
  if (interactions.length === 0) return undefined
  const updates = interactions.includes('update')
  const operations = [
    ...(updates || interactions.includes('create') ? ['validate'] : []),
    ...served.operations.filter(() => updates),
  ]
  const searches = interactions.includes('search-type')
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table are R4 resource types
    type: type as RestResource['type'],
    ...(served.profiles.length > 0 && { supportedProfile: [...served.profiles] }),
    interaction: interactions.map((code) => ({ code })),
    versioning: 'versioned-update',
    readHistory: interactions.includes('history-instance'),
    updateCreate: false,
    conditionalCreate: served.conditionalCreate && interactions.includes('create'),
    conditionalUpdate: false,
    referencePolicy: ['literal', 'logical', 'local'],
    ...(searches && { searchParam: searchParametersOf(served) }),
    ...(operations.length > 0 && {
      operation: operations.map((name) => ({ name, definition: `${R4}/OperationDefinition/Resource-${name}` })),
    }),
  }
}

const may = (asking: Asking, type: string, interaction: ServedType['interactions'][number]): boolean =>
  asking === undefined || requireScope(asking, type, actionFor[interaction])

const mayWrite = (asking: Asking): boolean =>
  Object.keys(servedTypes).some((type) => may(asking, type, 'create') || may(asking, type, 'update'))

const searchParametersOf = ({ search }: ServedType): NonNullable<RestResource['searchParam']> => [
  { name: '_id', type: commonParameters._id, definition: `${R4}/SearchParameter/Resource-id` },
  {
    name: '_lastUpdated',
    type: commonParameters._lastUpdated,
    definition: `${R4}/SearchParameter/Resource-lastUpdated`,
    documentation: 'Whoever polls asks next from `meta.lastUpdated` of the answer on, and misses nothing.',
  },
  ...Object.entries(search).map(([name, definition]) => ({
    name,
    type: name === 'patient' || name === 'subject' ? ('reference' as const) : ('token' as const),
    definition: `${R4}/SearchParameter/${definition}`,
  })),
]

type SupportedMessage = NonNullable<NonNullable<CapabilityStatement['messaging']>[number]['supportedMessage']>

/** Messages whose foci the caller may write. */
const messagesFor = (asking: Asking): SupportedMessage =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
  (Object.keys(messageEvents) as MessageEvent[])
    .filter((event) =>
      messageEvents[event].every(({ type }) => may(asking, type, event === 'referral-answer' ? 'update' : 'create')),
    )
    .map((event) => ({ mode: 'receiver', definition: messageDefinitionUrl(event) }))
