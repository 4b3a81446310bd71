import { expect, it } from 'vitest'
import { signedForm } from '../../demo/signed-form.ts'
import {
  consent,
  document,
  type Json,
  medicationMessage,
  permit,
  rehabilitationSupport,
} from '../../demo/story-resources.ts'
import {
  CONSENT_REPLACES_EXTENSION,
  GUARDIANSHIP_EXTENSION,
  HETU_SYSTEM,
  INFORMATION_SYSTEM,
} from '../../src/domain/codes.ts'
import { change, hetu } from '../support/enrol.ts'
import { enrolledEach } from '../support/enrolled.ts'
import type { Answer } from '../support/gateway.ts'
import { expectRefused } from '../support/refusal.ts'
import { describeEachEngine } from '../support/stores.ts'

const HOUR = 3_600_000

describeEachEngine('a consent that is recorded', (engine) => {
  const scene = enrolledEach(engine, 'recording', ['identity', 'referral'])
  let made = 0

  /** As a party records it, with the form signed and checked by that party. */
  const record = async (
    permits: readonly string[],
    edit: (one: any) => void = () => {},
    party = 'hospital',
    patient = scene.client.patient,
    prefer = 'representation',
  ): Promise<Answer> => {
    const own = {
      ...scene.story,
      run: `${scene.story.run}-${(made += 1)}`,
      hospital: { system: 'urn:test:parties', value: party },
    }
    const form = signedForm(own.run)
    const post = (path: string, body: unknown, headers = {}) => scene.gateway.call(party, 'POST', path, body, headers)
    const binary = await post('/fhir/Binary', form, { 'content-type': 'application/pdf' })
    const source = await post('/fhir/DocumentReference', document(own, patient, `Binary/${binary.body.id}`, form))
    const resource = structuredClone(consent(own, patient, `DocumentReference/${source.body.id}`, permits)) as any
    edit(resource)
    return post('/fhir/Consent', resource, { prefer: `return=${prefer}` })
  }
  const tell = (): Promise<Answer> =>
    scene.gateway.call(
      'hospital',
      'POST',
      '/fhir/Communication',
      medicationMessage(scene.story, scene.client.patient, `m${(made += 1)}`),
    )
  const benefit = (party: string, patient: string): Promise<Answer> =>
    scene.gateway.call(
      party,
      'POST',
      '/fhir/Observation',
      rehabilitationSupport({ ...scene.story, run: `${scene.story.run}-${(made += 1)}` }, patient, '2026-06-30'),
    )
  const knownTo = async (party: string): Promise<string> => {
    const patient = { resourceType: 'Patient', identifier: [{ system: HETU_SYSTEM, value: scene.story.hetu }] }
    return `Patient/${(await scene.gateway.call(party, 'POST', '/fhir/Patient', patient)).body.id}`
  }
  const signedBy =
    (...parts: readonly Json[]) =>
    (one: any) => {
      one.performer = [
        {
          identifier: { system: 'urn:test:guardians', value: `g${scene.n}` },
          extension: [{ url: GUARDIANSHIP_EXTENSION, extension: parts }],
        },
      ]
    }
  const covers = (code: string): Json => ({ url: 'covers', valueCoding: { system: INFORMATION_SYSTEM, code } })
  const until = (end: string): Json => ({ url: 'period', valuePeriod: { end } })
  const replacing = (reference: string) => (one: any) => {
    one.extension = [{ url: CONSENT_REPLACES_EXTENSION, valueReference: { reference } }]
  }
  const nameOf = ({ body }: Answer): string => `Consent/${body.id}`

  it('by a guardian opens what her recorded order covers, for as long as it lasts', async () => {
    const order = [covers('medication'), until(new Date(scene.gateway.clock.now + HOUR).toISOString())]
    expect((await record(['medication.effect'], signedBy(...order))).status).toBe(201)
    expect((await tell()).status).toBe(201)
    const { now } = scene.gateway.clock
    scene.gateway.clock.now += 2 * HOUR
    expect((await tell()).status).toBe(403)
    scene.gateway.clock.now = now
  })

  it('by a guardian whose order does not reach so far is refused where she signed', async () => {
    const cases: readonly (readonly [readonly string[], readonly Json[]])[] = [
      [['medication.effect', 'benefit.period'], [covers('medication')]],
      [['medication.effect'], [covers('benefit')]],
      [['medication.effect'], [{ url: 'covers-all', valueBoolean: true }, until('2020-01-01')]],
    ]
    for (const [permits, order] of cases) {
      expectRefused(await record(permits, signedBy(...order)), {
        status: 422,
        error: 'sender-guardian-not-entitled',
        at: 'Consent.performer',
      })
    }
    const everything = await record(['medication'], (one) => {
      signedBy(covers('medication'))(one)
      delete one.provision.provision[0].code
    })
    expectRefused(everything, { status: 422, error: 'sender-guardian-not-entitled', at: 'Consent.performer' })
  })

  it('by nobody who may sign is refused', async () => {
    const answer = await record(['medication'], (one) => {
      one.performer = [{ identifier: { system: 'urn:test:guardians', value: 'neighbour' } }]
    })
    expectRefused(answer, { status: 422, error: 'sender-consent-incomplete', at: 'Consent.performer' })
  })

  it('by the IPS team opens what the team tells, and nothing it would hear', async () => {
    const patient = await knownTo('team')
    const toCare = (one: any): void => {
      const [first] = one.provision.provision
      const [recipient, custodian] = first.actor
      const swapped = [
        { ...recipient, reference: { identifier: scene.story.hospital } },
        { ...custodian, reference: { identifier: scene.story.team } },
      ]
      const coordination = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'COC' }]
      const both = { ...permit(scene.story, 'benefit.period') }
      one.provision.provision = [{ ...first, actor: swapped, purpose: coordination }, both]
    }
    const alone = await record(
      ['benefit.period'],
      (one) => (one.provision.provision = [permit(scene.story, 'benefit.period')]),
      'team',
      patient,
    )
    expectRefused(alone, { status: 422, error: 'sender-consent-unverified', at: 'Consent.verification' })
    expect((await record(['benefit.period'], toCare, 'team', patient)).status).toBe(201)
    expect((await benefit('team', patient)).status).toBe(201)
    expect((await benefit('hospital', scene.client.patient)).status).toBe(403)
  })

  it('comes with a word when the same sender has recorded that the client is dead or under 18', async () => {
    const notes = async (patient: string): Promise<readonly string[]> => {
      const { status, body } = await record(['medication.effect'], () => {}, 'hospital', patient, 'OperationOutcome')
      expect(status).toBe(201)
      return body.issue.flatMap((issue: any) => issue.details?.coding[0].code ?? [])
    }
    expect(await notes(scene.client.patient)).not.toContain('sender-consent-client-deceased')
    await change(scene.gateway, 'hospital', scene.client.patient, (one) => (one.deceasedBoolean = true))
    expect(await notes(scene.client.patient)).toContain('sender-consent-client-deceased')
    expect((await tell()).status).toBe(403)
    const young = {
      resourceType: 'Patient',
      identifier: [{ system: HETU_SYSTEM, value: hetu(scene.n, '010112', 'A') }],
    }
    const { body } = await scene.gateway.call('hospital', 'POST', '/fhir/Patient', young)
    expect(await notes(`Patient/${body.id}`)).toContain('sender-consent-client-minor')
  })

  it('in the place of another ends that one in the same moment, and the log says so', async () => {
    const first = await record(['medication.effect', 'benefit.period'])
    const second = await record(['benefit.period'], replacing(nameOf(first)))
    expect(second.status, JSON.stringify(second.body)).toBe(201)
    expect([(await tell()).status, (await benefit('hospital', scene.client.patient)).status]).toEqual([403, 201])
    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${nameOf(first)}`)
    expect([body.status, body.meta.versionId]).toEqual(['inactive', '2'])
    const log = await scene.gateway.call('hospital', 'GET', `/api/log?client=${scene.client.patient}&language=fi`)
    const [line] = log.body.entries.filter(({ kind }: any) => kind === 'consent-replaced')
    expect(line.consent).toBe(`${nameOf(first)}/_history/2`)
    expect(line.text).toContain('annoit uuden sen tilalle')
  })

  it('for later leaves the one it replaces in force until then, to the millisecond', async () => {
    const start = scene.gateway.clock.now + 24 * HOUR
    const first = await record(['medication.effect'])
    const second = await record(['medication.effect'], (one) => {
      replacing(nameOf(first))(one)
      one.provision.period = { start: new Date(start).toISOString() }
    })
    expect(second.status).toBe(201)
    const basis = async (at: number): Promise<readonly string[]> => {
      const { now } = scene.gateway.clock
      scene.gateway.clock.now = at
      const input = medicationMessage(scene.story, scene.client.patient, `b${(made += 1)}`)
      const { body } = await scene.gateway.call('hospital', 'POST', '/api/explain', { recipient: 'team', input })
      scene.gateway.clock.now = now
      return body.explanations[0].decision.basis.map(({ consent: one }: any) => one)
    }
    expect(await basis(start - 1)).toEqual([nameOf(first)])
    expect(await basis(start)).toEqual([nameOf(second)])
    const { body } = await scene.gateway.call('hospital', 'GET', `/fhir/${nameOf(first)}`)
    expect([body.status, body.provision.period.end]).toEqual(['active', new Date(start - 1).toISOString()])
  })

  it('replaces nothing that is not its own, nothing it changes itself, and lifts no refusal without a signature', async () => {
    const place = 'Consent.extension'
    const other = await knownTo('other-hospital')
    const theirs = await record(['medication.effect'], () => {}, 'other-hospital', other)
    expect(theirs.status).toBe(201)
    const unknown = await record(['benefit.period'], replacing(nameOf(theirs)))
    expect(unknown.status).toBe(422)
    const first = await record(['medication.effect'])
    const unsigned = await record([], (one) => {
      replacing(nameOf(first))(one)
      delete one.sourceReference
      one.provision = { type: 'deny', provision: [{ ...permit(scene.story, 'benefit'), type: 'deny' }] }
    })
    expect(unsigned.body.issue[0].details.coding[0].code).toBe('sender-evidence-missing')
    const guardian = await record(['benefit.period'], (one) => {
      replacing(nameOf(first))(one)
      signedBy({ url: 'covers-all', valueBoolean: true })(one)
    })
    expectRefused(guardian, { status: 422, error: 'sender-consent-replaced-by-other-signer', at: place })
    const old = await scene.gateway.call('hospital', 'GET', `/fhir/${nameOf(first)}`)
    const { id: _id, meta: _meta, identifier: _identifier, ...renewal } = old.body
    const both = await scene.gateway.call('hospital', 'POST', '/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          resource: {
            ...renewal,
            extension: [{ url: CONSENT_REPLACES_EXTENSION, valueReference: { reference: nameOf(first) } }],
          },
          request: { method: 'POST', url: 'Consent' },
        },
        { resource: old.body, request: { method: 'PUT', url: nameOf(first), ifMatch: 'W/"1"' } },
      ],
    })
    expectRefused(both, {
      status: 422,
      error: 'sender-consent-replaced-and-changed',
      at: 'Bundle.entry[0].resource.extension',
    })
    expect((await tell()).status).toBe(201)
  })
})
