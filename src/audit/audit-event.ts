import type { DecisionRecord } from '../consent/decide.ts'
import type { AuditParty } from '../domain/audit-fact.ts'
import { CANONICAL, INFORMATION_SYSTEM, PARTICIPATION_TYPE_SYSTEM, profileUrl } from '../domain/codes.ts'
import type { Identifier } from '../domain/identity.ts'
import { type InformationCode, informationWord } from '../domain/information.ts'

/** A FHIR R4 AuditEvent without its id, as plain JSON; never holds payload text. */
export type AuditEvent = { readonly resourceType: 'AuditEvent' } & Readonly<Record<string, unknown>>

export type AuditContext = {
  readonly recordedAt: number
  readonly gateway: string
  /** Internal client id: a pseudonym, never a name or a personal identity code. */
  readonly client: string
  readonly sender: AuditParty
  readonly recipient: AuditParty
  readonly information: InformationCode | undefined
  readonly purpose: { readonly system: string; readonly code: string } | undefined
  readonly disclosure: string
  readonly requestId: string | undefined
  /** The person of the team who reads, when her tool says so. */
  readonly reader?: Identifier | undefined
}

const DCM = 'http://dicom.nema.org/resources/ontology/DCM'
const BALP = 'https://profiles.ihe.net/ITI/BALP'

/**
 * A decision in the shape of IHE BALP "AuthZconsent": outcome 0 for a permit, 8 with a coded description for a denial. It
 * claims our own profiles and not BALP's, which demand network addresses that a decision about a queue does not have.
 */
export const decisionEvent = (record: DecisionRecord, context: AuditContext): AuditEvent => {
  const consents = record.basis.map(({ consent, version }) => ({
    what: { reference: `${consent}/_history/${version}` },
    type: coding('http://hl7.org/fhir/resource-types', 'Consent'),
    role: coding('http://terminology.hl7.org/CodeSystem/object-role', '4'),
  }))
  const profile = consents.length > 0 ? 'audit-decision' : 'audit-denial-without-consent'
  return {
    resourceType: 'AuditEvent',
    meta: { profile: [profileUrl(profile)] },
    type: coding(DCM, '110113', 'Security Alert'),
    subtype: [coding(`${BALP}/CodeSystem/AuthZsubType`, 'AuthZ-Consent')],
    action: 'E',
    recorded: iso(context.recordedAt),
    outcome: record.outcome === 'permit' ? '0' : '8',
    ...(record.outcome === 'deny' && { outcomeDesc: record.hardRule ?? record.reason }),
    ...purposeOf(context),
    agent: [
      agent(coding(DCM, '110150', 'Application'), context.sender, true),
      agent(coding(PARTICIPATION_TYPE_SYSTEM, 'IRCP'), context.recipient, false),
      authorizer(context),
      ...readerAgent(context),
    ],
    source: { observer: { display: context.gateway } },
    entity: [clientEntity(context), ...consents, informationEntity(context), ...requestEntity(context)],
  }
}

/** A delivery in the shape of IHE BALP "PrivacyDisclosure.Source"; `outcome` 4 = may have been received. */
export const disclosureEvent = (
  result: 'sending' | 'delivered' | 'read' | 'failed',
  context: AuditContext,
): AuditEvent => ({
  resourceType: 'AuditEvent',
  meta: { profile: [profileUrl('audit-disclosure')] },
  type: coding(DCM, '110106', 'Export'),
  subtype: [coding('http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', 'disclose')],
  action: 'R',
  recorded: iso(context.recordedAt),
  outcome: result === 'failed' ? '4' : '0',
  outcomeDesc: result,
  ...purposeOf(context),
  agent: [
    agent(coding(DCM, '110153', 'Source Role ID'), context.sender, false),
    agent(coding(DCM, '110152', 'Destination Role ID'), context.recipient, false),
    authorizer(context),
    ...readerAgent(context),
  ],
  source: { observer: { display: context.gateway } },
  entity: [clientEntity(context), informationEntity(context), ...requestEntity(context)],
})

const coding = (system: string, code: string, display?: string) => ({ system, code, ...(display && { display }) })

const concept = (code: ReturnType<typeof coding>) => ({ coding: [code] })

const iso = (instant: number): string => new Date(instant).toISOString()

const agent = (type: ReturnType<typeof coding>, party: AuditParty, requestor: boolean) => ({
  type: concept(type),
  who: { identifier: party.identifier, display: party.name },
  requestor,
})

const authorizer = ({ gateway }: AuditContext) => ({
  type: concept(coding('http://terminology.hl7.org/CodeSystem/extra-security-role-type', 'authserver')),
  who: { display: gateway },
  requestor: false,
})

const readerAgent = ({ reader }: AuditContext) =>
  reader === undefined
    ? []
    : [{ type: concept(coding(PARTICIPATION_TYPE_SYSTEM, 'IRCP')), who: { identifier: reader }, requestor: true }]

const clientEntity = ({ client }: AuditContext) => ({
  what: { identifier: { system: `${CANONICAL}/client`, value: client } },
  type: coding('http://terminology.hl7.org/CodeSystem/audit-entity-type', '1'),
  role: coding('http://terminology.hl7.org/CodeSystem/object-role', '1'),
})

const informationEntity = ({ information, disclosure }: AuditContext) => ({
  what: { identifier: { system: `${CANONICAL}/disclosure`, value: disclosure } },
  type: coding('http://terminology.hl7.org/CodeSystem/audit-entity-type', '2'),
  role: coding('http://terminology.hl7.org/CodeSystem/object-role', '3'),
  ...(information && {
    detail: [{ type: INFORMATION_SYSTEM, valueString: informationWord(information) }],
  }),
})

const requestEntity = ({ requestId }: AuditContext) =>
  requestId === undefined
    ? []
    : [
        {
          what: { identifier: { value: requestId } },
          type: coding(`${BALP}/CodeSystem/BasicAuditEntityType`, 'XrequestId'),
        },
      ]

const purposeOf = ({ purpose }: AuditContext) =>
  purpose ? { purposeOfEvent: [concept(coding(purpose.system, purpose.code))] } : {}
