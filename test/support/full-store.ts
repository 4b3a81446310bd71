import { expect } from 'vitest'
import { medicationChange, medicationMessage, referralBundle } from '../../demo/story-resources.ts'
import { MESSAGE_SYSTEM } from '../../src/domain/codes.ts'
import { sealAudit } from '../../src/exchange/seal-audit.ts'
import { change, enrol, type Enrolled, hetu, testStory } from './enrol.ts'
import type { TestGateway } from './gateway.ts'

/**
 * Has a gateway do so much that no table is empty: two clients, one of whom is also known elsewhere under a contradicting
 * name, things delivered, read and changed, one item that may have arrived and one that waits behind it.
 */
export const fillStore = async (gateway: TestGateway): Promise<Enrolled> => {
  const story = testStory('full', hetu(1))
  const client = await enrol(gateway, story)
  await enrol(gateway, testStory('full-2', hetu(2)))
  await gateway.drain()
  await gateway.call('team', 'GET', '/api/inbox?language=en')
  await change(gateway, 'hospital', client.patient, (patient) => {
    patient.telecom = [{ system: 'phone', value: '\u2028 050' }]
  })
  const person = { identifier: [{ system: 'urn:oid:1.2.246.21', value: story.hetu }] }
  const name = [{ family: 'Toinen', given: ['Tiina'] }]
  await gateway.call('other-hospital', 'POST', '/fhir/Patient', { resourceType: 'Patient', ...person, name })
  expect((await gateway.call('hospital', 'POST', '/fhir/$process-message', newsMessage(client.patient))).status).toBe(
    200,
  )
  await gateway.drain()
  gateway.answer = () => ({ outcome: 'unknown', why: 'timeout' })
  for (const run of ['may-have-arrived', 'waits']) {
    const posted = medicationChange(testStory(run), client.patient, run)
    expect((await gateway.call('hospital', 'POST', '/fhir', posted)).status).toBe(200)
    await gateway.drain()
  }
  gateway.answer = () => ({ outcome: 'delivered' })
  const { now } = gateway.clock
  await gateway.opened.store.rememberJti('hospital-client', 'jti', now + 300_000, now)
  await gateway.opened.rows('insert into restore values (1, 2, 3)')
  await gateway.opened.rows(
    `insert into mail_notice (endpoint, id, state, attempts, lease_token, leased_until)
     values ('team-mail', gen_random_uuid(), 'sending', 1, 7, $1)`,
    [now + 30_000],
  )
  await sealAudit(gateway.exchange)
  return client
}

/** A referral that was sent while nobody heard: an item that waits, under an id of its own. */
export const anotherReferral = () => referralBundle(testStory('another', hetu(3)))

const newsMessage = (patient: string) => ({
  resourceType: 'Bundle',
  type: 'message',
  entry: [
    {
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-0000000000ff',
      resource: {
        resourceType: 'MessageHeader',
        id: 'full-1',
        eventCoding: { system: MESSAGE_SYSTEM, code: 'care-team-update' },
        source: { name: 'EHR', endpoint: 'https://ehr.test/messages' },
        focus: [{ reference: 'urn:uuid:news' }],
      },
    },
    { fullUrl: 'urn:uuid:news', resource: medicationMessage(testStory('news'), patient, 'news') },
  ],
})
