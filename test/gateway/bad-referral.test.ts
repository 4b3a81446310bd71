import { describe, expect, it } from 'vitest'
import { type Json, medicationChange, medicationMessage, patient, referralBundle } from '../../demo/story-resources.ts'
import { countRows, tablesWith } from '../support/database.ts'
import { aino, gateway, post, story, withAino } from '../support/aino.ts'
import { hetu, testStory } from '../support/enrol.ts'
import { type Expected, expectRefused } from '../support/refusal.ts'

withAino()

describe('the Bundle of a referral', () => {
  const broken: readonly [string, (bundle: any) => void, Expected][] = [
    [
      'with a form that was altered',
      (b) => (b.entry[3].resource.data = Buffer.from('%PDF-1.4 Salainen').toString('base64')),
      { status: 422, error: 'sender-evidence-differs', at: 'Bundle.entry[4].resource.content[0].attachment' },
    ],
    [
      'without the hash of the form',
      (b) => delete b.entry[4].resource.content[0].attachment.extension,
      { status: 422, error: 'sender-evidence-without-hash', at: 'Bundle.entry[4].resource.content[0].attachment' },
    ],
    [
      'without the form',
      (b) => delete b.entry[4].resource.content[0].attachment.url,
      { status: 422, error: 'sender-evidence-missing', at: 'Bundle.entry[4].resource.content[0].attachment' },
    ],
    [
      'without any document',
      (b) => delete b.entry[5].resource.sourceReference,
      { status: 422, error: 'sender-evidence-missing', at: 'Bundle.entry[5].resource.source' },
    ],
    [
      'with a consent nobody verified',
      (b) => delete b.entry[5].resource.verification,
      { status: 422, error: 'sender-consent-unverified', at: 'Bundle.entry[5].resource.verification' },
    ],
    [
      'with a consent the recipient verified',
      (b) => (b.entry[5].resource.verification[0].extension[0].valueReference = { identifier: story.team }),
      { status: 422, error: 'sender-consent-unverified', at: 'Bundle.entry[5].resource.verification' },
    ],
    [
      'with a consent verified by another hospital',
      (b) =>
        (b.entry[5].resource.verification[0].extension[0].valueReference = {
          identifier: { system: 'urn:test:parties', value: 'other-hospital' },
        }),
      { status: 422, error: 'sender-consent-unverified', at: 'Bundle.entry[5].resource.verification' },
    ],
    [
      'with a consent somebody else gave',
      (b) => (b.entry[5].resource.performer = [{ display: 'Salainen' }]),
      { status: 422, error: 'sender-consent-incomplete', at: 'Bundle.entry[5].resource.performer' },
    ],
    [
      'with a consent without a date',
      (b) => delete b.entry[5].resource.dateTime,
      { status: 422, error: 'sender-consent-incomplete', at: 'Bundle.entry[5].resource.dateTime' },
    ],
    [
      'to a team nobody knows',
      (b) => (b.entry[6].resource.performer = [{ identifier: { system: 'urn:x', value: 'Salainen' } }]),
      { status: 422, error: 'sender-unknown-recipient', at: 'Bundle.entry[6].resource.performer[0]' },
    ],
    [
      'to the employment service',
      (b) => (b.entry[6].resource.performer = [{ identifier: { system: 'urn:test:parties', value: 'office' } }]),
      { status: 422, error: 'sender-unknown-recipient', at: 'Bundle.entry[6].resource.performer[0]' },
    ],
    [
      'to nobody',
      (b) => delete b.entry[6].resource.performer,
      { status: 422, error: 'sender-referral-without-performer', at: 'Bundle.entry[6].resource.performer' },
    ],
    [
      'whose fourth entry is no Binary',
      (b) => (b.entry[3].resource = { resourceType: 'Binary', data: 'not base64!' }),
      { status: 400, error: 'sender-invalid-resource', at: 'Bundle.entry[3].resource.data' },
    ],
    [
      'that refers to nothing',
      (b) => (b.entry[7].resource.focus.reference = 'urn:uuid:00000000-0000-4000-8000-000000000099'),
      { status: 422, error: 'sender-unknown-reference', at: 'Bundle.entry[7].resource.focus.reference' },
    ],
    [
      'that is a message',
      (b) => (b.type = 'message'),
      { status: 422, error: 'sender-invalid-request', at: 'Bundle.type' },
    ],
    [
      'with a DELETE in it',
      (b) => (b.entry[2].request.method = 'DELETE'),
      { status: 422, error: 'sender-invalid-request', at: 'Bundle.entry[2].request.method' },
    ],
    [
      'with a request of another type',
      (b) => (b.entry[2].request.url = 'Patient'),
      { status: 422, error: 'sender-invalid-request', at: 'Bundle.entry[2].request.url' },
    ],
    [
      'with a condition it does not carry',
      (b) => (b.entry[2].request.ifNoneExist = 'identifier=urn:x|Salainen'),
      { status: 422, error: 'sender-condition-unusable', at: 'Bundle.entry[2].request.ifNoneExist' },
    ],
    [
      'with a search for a condition',
      (b) => (b.entry[0].request.ifNoneExist = 'name=Esimerkki'),
      { status: 422, error: 'sender-condition-unusable', at: 'Bundle.entry[0].request.ifNoneExist' },
    ],
  ]

  it.each(broken)('%s is refused whole, and can be sent again repaired', async (what, spoil, expected) => {
    const own = testStory(
      `b${broken.findIndex(([one]) => one === what)}`,
      hetu(10 + broken.findIndex(([one]) => one === what)),
    )
    const before = await countRows(gateway.opened)
    const bundle = JSON.parse(JSON.stringify(referralBundle(own)))
    spoil(bundle)
    const answer = await post('/fhir', bundle)
    expectRefused(answer, expected)
    expect(JSON.stringify(answer.body)).not.toContain(own.hetu)
    expect(await countRows(gateway.opened)).toEqual(before)
    expect(await tablesWith(gateway.opened, own.hetu)).toEqual([])
    const again = await post('/fhir', referralBundle(own))
    // The team's own Organization is the one thing every Bundle shares.
    expect(again.body.entry.map((one: any) => one.response.status)).toEqual(
      again.body.entry.map((_: unknown, index: number) => (index === 1 ? '200 OK' : '201 Created')),
    )
  })

  it('about a client under 18 is refused with the reason, and nothing of her is kept', async () => {
    const young = testStory('young', hetu(1, '010112', 'A'))
    const answer = await post('/fhir', referralBundle(young))
    expectRefused(answer, { status: 403, error: 'sender-no-permission', at: 'Bundle.entry[6].resource' })
    expect(answer.body.issue[0].diagnostics).toContain('client-minor')
    expect(await tablesWith(gateway.opened, young.hetu)).toEqual([])
    expect(await tablesWith(gateway.opened, 'form-young')).toEqual([])
  })

  it('posted twice is stored once and told once', async () => {
    const own = testStory('twice', hetu(40))
    const first = await post('/fhir', referralBundle(own))
    const before = await countRows(gateway.opened)
    const second = await post('/fhir', referralBundle(own))
    expect(second.status).toBe(200)
    expect(second.body.entry.map((one: any) => one.response.status)).toEqual(Array.from({ length: 8 }, () => '200 OK'))
    expect(second.body.entry.map((one: any) => one.response.location)).toEqual(
      first.body.entry.map((one: any) => one.response.location),
    )
    expect(await countRows(gateway.opened)).toEqual(before)
  })

  it('posted again without If-None-Exist is a conflict, and with it the same resource', async () => {
    const message = medicationMessage(story, aino.patient, 'again')
    const condition = { 'if-none-exist': 'identifier=urn:demo:hospital:messages|again-bad' }
    const first = await post('/fhir/Communication', message, condition)
    expect(first.status).toBe(201)
    const second = await post('/fhir/Communication', message, condition)
    expect(second.status).toBe(200)
    expect(second.body.id).toBe(first.body.id)
    expectRefused(await post('/fhir/Communication', message), {
      status: 409,
      error: 'sender-duplicate',
      at: 'Communication.identifier',
    })
    expectRefused(await post('/fhir/Patient', patient(story)), {
      status: 409,
      error: 'sender-duplicate',
      at: 'Patient.identifier',
    })
  })

  it('with news nobody may be told is refused whole', async () => {
    const own = testStory('untold', hetu(41))
    const bundle = referralBundle(own, ['identity', 'referral'])
    const change = medicationChange(own, 'urn:uuid:00000000-0000-4000-8000-000000000001')
    const entry = [...(bundle['entry'] as Json[]), ...(change['entry'] as Json[]).slice(1)]
    const message = JSON.parse(JSON.stringify({ ...bundle, entry }))
    delete message.entry[8].resource.about
    const answer = await post('/fhir', message)
    expectRefused(answer, { status: 403, error: 'sender-no-permission', at: 'Bundle.entry[8].resource' })
    expect(await tablesWith(gateway.opened, own.hetu)).toEqual([])
    const again = await post('/fhir', referralBundle(own))
    expect(again.body.entry[0].response.status).toBe('201 Created')
  })
})
