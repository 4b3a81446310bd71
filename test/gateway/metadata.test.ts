import { beforeAll, describe, expect, it } from 'vitest'
import type { Party } from '../../src/domain/party.ts'
import { messageEvents } from '../../src/domain/message-event.ts'
import { capabilityStatement } from '../../src/gateway/capability-statement.ts'
import { parseScopes } from '../../src/gateway/scopes.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'

const context = { baseUrl: 'https://gw.test', startedAt: Date.parse('2026-03-09T08:00:00Z'), version: '1' }
const to = (kind: Party['kind'], scopes: string) =>
  capabilityStatement(context, { party: { kind }, scopes: parseScopes(scopes) })
const typesIn = (statement: ReturnType<typeof capabilityStatement>) =>
  new Map(statement.rest?.[0]?.resource?.map((one) => [one.type, one]))

describe('the CapabilityStatement', () => {
  it('tells nobody in particular all of it, each search parameter with its definition', () => {
    const whole = capabilityStatement(context, undefined)
    const task = typesIn(whole).get('Task')
    expect(typesIn(whole).size).toBeGreaterThanOrEqual(13)
    expect(task?.interaction?.map(({ code }) => code)).toEqual([
      'create',
      'read',
      'vread',
      'update',
      'history-instance',
      'search-type',
    ])
    expect(task?.supportedProfile).toEqual(['https://ips-gateway.example/fhir/StructureDefinition/referral-task'])
    expect(task?.searchParam?.map(({ name }) => name)).toEqual([
      '_id',
      '_lastUpdated',
      'identifier',
      'patient',
      'subject',
      'status',
    ])
    for (const { definition } of task?.searchParam ?? []) {
      expect(definition).toMatch(/^http:\/\/hl7\.org\/fhir\/SearchParameter\/(Task|Resource)-/)
    }
    expect(whole.messaging?.[0]?.supportedMessage).toHaveLength(Object.keys(messageEvents).length)
    expect(whole.rest?.[0]?.security?.service?.[0]?.coding?.[0]?.code).toBe('SMART-on-FHIR')
    expect(whole.rest?.[0]?.security?.description).toContain('https://gw.test/auth/token')
  })

  it('tells a caller what its token lets it do and no more', () => {
    const reading = to('ips-team', 'system/Task.ru system/Communication.rs')
    const types = typesIn(reading)
    expect([...types.keys()]).toEqual(['Task', 'Communication'])
    expect(types.get('Task')?.interaction?.map(({ code }) => code)).toEqual([
      'read',
      'vread',
      'update',
      'history-instance',
    ])
    expect(types.get('Task')).not.toHaveProperty('searchParam')
    expect(types.get('Task')).toMatchObject({ conditionalCreate: false, operation: [{ name: 'validate' }] })
    expect(types.get('Communication')).not.toHaveProperty('operation')
    const labels = typesIn(to('care-organisation', 'system/Patient.cu')).get('Patient')
    expect(labels?.operation?.map(({ name }) => name)).toEqual(['validate', 'meta-delete'])
    // It may answer referrals, and send none.
    expect(reading.messaging?.[0]?.supportedMessage).toEqual([
      { mode: 'receiver', definition: 'https://ips-gateway.example/fhir/MessageDefinition/referral-answer-message' },
    ])
    const silent = to('client-portal', 'system/Consent.rs')
    expect(silent).not.toHaveProperty('messaging')
    expect(silent.rest?.[0]).not.toHaveProperty('interaction')
    expect(silent.rest?.[0]).not.toHaveProperty('operation')
  })

  it('says to each kind of party what it is here for', () => {
    const words = (['care-organisation', 'ips-team', 'employment-service', 'client-portal'] as const).map(
      (kind) => to(kind, 'system/*.rs').rest?.[0]?.documentation,
    )
    expect(new Set(words).size).toBe(4)
  })

  describe('over HTTP', () => {
    let gateway: TestGateway
    beforeAll(async () => {
      gateway = await startTestGateway('pglite')
      return () => gateway.close()
    })

    it('is judged by the token that is shown, and open without one', async () => {
      const shown = await gateway.call('team', 'GET', '/fhir/metadata')
      expect([shown.status, shown.body.rest[0].documentation]).toEqual([200, expect.stringContaining('Answers')])
      const refused = await gateway.call('team', 'GET', '/fhir/metadata', undefined, { authorization: 'Bearer x' })
      expect(refused.status).toBe(401)
    })
  })
})
