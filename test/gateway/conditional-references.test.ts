import { afterAll, beforeAll, expect, it } from 'vitest'
import { medicationMessage } from '../../demo/story-resources.ts'
import { enrol, type Enrolled, hetu, testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts'
import { describeEachEngine } from '../support/stores.ts'

const system = 'urn:demo:hospital:patients'

describeEachEngine('references in what is posted', (engine) => {
  let gateway: TestGateway
  let client: Enrolled
  const story = testStory('conditional', hetu(1))
  let identifier: { system: string; value: string }
  beforeAll(async () => {
    gateway = await startTestGateway(engine)
    client = await enrol(gateway, story)
    const patient = await gateway.call('hospital', 'GET', `/fhir/${client.patient}`)
    identifier = patient.body.identifier.find((one: any) => one.system.includes('oid')) ?? patient.body.identifier[0]
  })
  afterAll(() => gateway.close())

  const transaction = (subject: string, name: string, party = 'hospital'): Promise<Answer> =>
    gateway.call(party, 'POST', '/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          resource: { ...medicationMessage(story, 'Patient/x', name), subject: { reference: subject } },
          request: { method: 'POST', url: 'Communication' },
        },
      ],
    })
  const conditionOf = (one: { system: string; value: string }) => `Patient?identifier=${one.system}|${one.value}`

  it('may name a resource by its business identifier, and are kept as the literal one', async () => {
    const answer = await transaction(conditionOf(identifier), 'by-identifier')
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    const [place] = answer.body.entry[0].response.location.split('/_history')
    const { body } = await gateway.call('hospital', 'GET', `/fhir/${place}`)
    expect(body.subject.reference).toBe(client.patient)
  })

  it('that match nothing of the sender’s are refused with the place, whosever it may be', async () => {
    const nobody = await transaction(`Patient?identifier=${system}|none`, 'nobody')
    expect(nobody.status).toBe(412)
    expect(nobody.body.issue[0].expression).toEqual(['Bundle.entry[0].resource.subject.reference'])
    // The other hospital does not learn that somebody has such a patient.
    const elsewhere = await transaction(conditionOf(identifier), 'elsewhere', 'other-hospital')
    const unknown = await transaction(
      `Patient?identifier=${identifier.system}|${hetu(77)}`,
      'unknown',
      'other-hospital',
    )
    expect([elsewhere.status, elsewhere.body]).toEqual([unknown.status, unknown.body])
    expect(elsewhere.status).toBe(412)
    expect(JSON.stringify(elsewhere.body)).not.toContain(identifier.value)
  })

  it.each(['Patient?name=Aino', 'Patient?identifier=only', 'Patient?identifier=a|b&identifier=c|d'])(
    'that are no single identifier (%s) are refused',
    async (subject) => {
      const answer = await transaction(subject, `odd-${subject.length}`)
      expect([answer.status, answer.body.issue[0].expression]).toEqual([
        412,
        ['Bundle.entry[0].resource.subject.reference'],
      ])
    },
  )

  it('may be absolute addresses of this gateway or name a version of it', async () => {
    for (const [index, subject] of [
      `http://gateway.test/fhir/${client.patient}`,
      `http://gateway.test/fhir/${client.patient}/_history/1`,
    ].entries()) {
      const answer = await transaction(subject, `absolute-${index}`)
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    }
  })

  it('relative to an entry of the same server name that entry', async () => {
    const base = 'https://ehr.test/fhir'
    const answer = await gateway.call('hospital', 'POST', '/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: `${base}/Organization/a1`,
          resource: { resourceType: 'Organization', name: 'Clinic' },
          request: { method: 'POST', url: 'Organization' },
        },
        {
          fullUrl: `${base}/PractitionerRole/b2`,
          resource: { resourceType: 'PractitionerRole', organization: { reference: 'Organization/a1' } },
          request: { method: 'POST', url: 'PractitionerRole' },
        },
      ],
    })
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    const [organization, role] = answer.body.entry.map((one: any) => one.response.location.split('/_history')[0])
    const { body } = await gateway.call('hospital', 'GET', `/fhir/${role}`)
    expect(body.organization.reference).toBe(organization)
  })

  it('to staff and encounters of the sender’s own system may stay its words; those of a Consent may not', async () => {
    const words = { encounter: { reference: 'Encounter/e-1' }, sender: { reference: 'Practitioner/p-1' } }
    const message = { ...medicationMessage(story, client.patient, 'own-words'), ...words }
    const told = await gateway.call('hospital', 'POST', '/fhir/Communication', message)
    expect(told.status, JSON.stringify(told.body)).toBe(201)
    expect(told.body).toMatchObject(words)
    const { body: consent } = await gateway.call('hospital', 'GET', `/fhir/${client.consent}`)
    const { id: _, meta: __, identifier: ___, ...copy } = consent
    const data = [{ meaning: 'related', reference: { reference: 'Encounter/e-1' } }]
    const refused = await gateway.call('hospital', 'POST', '/fhir/Consent', {
      ...copy,
      provision: { ...copy.provision, data },
    })
    expect([refused.status, refused.body.issue[0].expression]).toEqual([
      422,
      ['Consent.provision.data[0].reference.reference'],
    ])
  })
})
