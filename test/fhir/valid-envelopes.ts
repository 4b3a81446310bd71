import { coding, to, unknownReason, type ValidResource } from './valid-elements.ts'

/** A valid resource of each type that is about messages and traces rather than about a client. */
export const VALID_ENVELOPES: readonly ValidResource[] = [
  {
    resourceType: 'AuditEvent',
    id: 'audit-1',
    type: { system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110106' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'create' }],
    action: 'C',
    period: { start: '2025-02-01T10:00:00Z' },
    recorded: '2025-02-01T10:00:00.001Z',
    outcome: '0',
    purposeOfEvent: [coding('http://terminology.hl7.org/CodeSystem/v3-ActReason', 'TREAT')],
    agent: [
      {
        type: { text: 'sender' },
        who: { identifier: { system: 'urn:oid:1.2', value: '3' } },
        requestor: true,
        policy: ['https://example.org/Consent/1'],
        network: { address: '192.0.2.1', type: '2' },
      },
    ],
    source: { observer: to('Organization/org-1'), type: [{ code: '4' }] },
    entity: [
      { what: to('Patient/client-1'), detail: [{ type: 'reason', valueBase64Binary: 'AAAA' }], query: 'P3g9MQ==' },
    ],
  },
  {
    resourceType: 'Bundle',
    id: 'bundle-1',
    type: 'transaction',
    timestamp: '2025-02-01T10:00:00Z',
    link: [{ relation: 'self', url: 'https://example.org/fhir' }],
    entry: [
      {
        fullUrl: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
        resource: { resourceType: 'Patient', name: [{ text: 'Aino Example' }] },
        request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:oid:1.2|3' },
      },
      {
        resource: {
          resourceType: 'ServiceRequest',
          status: 'active',
          intent: 'order',
          subject: to('Patient?identifier=urn:oid:1.2|3'),
        },
        request: { method: 'PUT', url: 'ServiceRequest/1', ifMatch: 'W/"1"' },
      },
    ],
    signature: {
      type: [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.1' }],
      when: '2025-02-01T10:00:00Z',
      who: to('Organization/org-1'),
      data: 'c2lnbmF0dXJl',
    },
  },
  {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'required',
        details: { text: 'missing' },
        expression: ['Patient.name'],
        location: ['/f:x'],
      },
      { severity: 'warning', code: 'business-rule', diagnostics: 'check this' },
    ],
  },
  {
    resourceType: 'Parameters',
    id: 'params-1',
    parameter: [
      { name: 'client', resource: { resourceType: 'Patient', id: 'p' } },
      { name: 'at', valueInstant: '2025-02-01T10:00:00Z' },
      {
        name: 'group',
        part: [
          { name: 'a', valueUnsignedInt: 0 },
          { name: 'b', valueOid: 'urn:oid:1.2.3' },
        ],
      },
      { name: 'id', valueUuid: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' },
      { name: 'notes', valueMarkdown: '**important**' },
      { name: 'why', valueString: 'unknown', _valueString: unknownReason },
    ],
  },
]
