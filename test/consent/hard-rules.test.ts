import { describe, expect, it } from 'vitest'
import { contentFor } from '../../src/consent/content-for.ts'
import { decideDisclosure, type DisclosureQuestion, type Standing } from '../../src/consent/decide-disclosure.ts'
import { ACT_REASON_SYSTEM, LOCAL_PURPOSE_SYSTEM } from '../../src/domain/codes.ts'
import { informationCategories, isInformationCategory } from '../../src/domain/information.ts'
import type { Party, PartyKind } from '../../src/domain/party.ts'
import type { Purpose } from '../../src/domain/purpose.ts'
import {
  action,
  actor,
  answer,
  at,
  code,
  consent,
  deny,
  facts,
  hospital,
  info,
  named,
  now,
  permit,
  policy,
  provision,
  team,
} from './build.ts'

const party = (id: string, kind: PartyKind, purpose: Purpose = 'employment-support'): Party => ({
  id,
  kind,
  name: id,
  identifiers: [{ system: 'urn:parties', value: id }],
  clientId: undefined,
  keys: { kind: 'none' },
  scopes: [],
  purposes: [purpose],
  labels: undefined,
  members: [],
  endpoints: [],
})
const ipsTeam = party('ips-team', 'ips-team')
const careSide = party('hospital', 'care-organisation')
const all = ['ips-team', 'hospital', 'office', 'employer', 'unit', 'portal']
/** Permits everything to everybody for every purpose. */
const everything = provision('permit', {
  actors: all.map((id) => actor('IRCP', named(id))),
  purposes: ['employment-support', 'unemployment-security-control']
    .map((word) => code(LOCAL_PURPOSE_SYSTEM, word))
    .concat(['COC', 'TREAT', 'BTG', 'ETREAT'].map((word) => code(ACT_REASON_SYSTEM, word))),
})
const standing = (some: Partial<Standing['client']> = {}): Standing => ({
  client: { id: 'aino', birthDate: '1990-05-13', deceased: false, nonDisclosure: false, ...some },
  consents: [consent(everything, { verifications: [{ verified: true, by: [], strongSignature: true }] })],
  members: all.map((one) => ({ party: one, from: undefined, until: undefined })),
  referrals: [],
})
const question = (some: Partial<DisclosureQuestion> = {}): DisclosureQuestion => ({
  category: 'medication',
  action: 'disclose',
  sender: careSide,
  recipient: ipsTeam,
  data: facts,
  ...some,
})
const told = (some: Partial<DisclosureQuestion> = {}, where = standing(), asOf = now): string => {
  const decision = decideDisclosure(question(some), where, asOf, policy)
  expect(decision.record.outcome).toBe(decision.outcome)
  expect(decision.record.reason === 'permitted').toBe(decision.outcome === 'permit')
  return decision.outcome === 'permit' ? 'permit' : decision.reason
}
const onBirthday = (birthDate: string | undefined, instant: string): string =>
  told({}, standing({ birthDate }), at(instant))

describe('what no consent can lift', () => {
  it('with everything permitted, the team is told', () => {
    expect(told()).toBe('permit')
  })
  it('nothing is ever sent to an employer', () => {
    for (const category of Object.keys(informationCategories).filter(isInformationCategory)) {
      const decision = decideDisclosure(
        question({ category, recipient: party('employer', 'employer') }),
        standing(),
        now,
        policy,
      )
      expect(decision.outcome).toBe('deny')
      expect(decision.record.hardRule).toBe('nothing-to-employers')
    }
  })
  it.each<Purpose>(['unemployment-security-control', 'break-glass', 'emergency-treatment'])(
    'nothing is told for %s',
    (purpose) => {
      expect(told({ recipient: party('ips-team', 'ips-team', purpose) })).toBe('purpose-never-allowed')
    },
  )
  it('a forbidden purpose among permitted ones, or without its system, is forbidden all the same', () => {
    const both = { purposes: [code(LOCAL_PURPOSE_SYSTEM, 'employment-support'), code(ACT_REASON_SYSTEM, 'BTG')] }
    expect(answer([consent(everything)], both)).toBe('purpose-never-allowed')
    expect(answer([consent(everything)], { purposes: [code(undefined, 'ETREAT')] })).toBe('purpose-never-allowed')
    expect(answer([consent(everything)], { purposes: [code('urn:x', 'ETREAT')] })).toBe('no-applicable-consent')
  })
  it.each<[PartyKind, string]>([
    ['employment-service', 'office'],
    ['housing-service', 'unit'],
    ['client-portal', 'portal'],
  ])('health and attendance do not go to a party of kind %s', (kind, id) => {
    const recipient = party(id, kind)
    for (const category of ['medication', 'care-meeting', 'benefit', 'referral', 'wellbeing', 'diagnosis'] as const) {
      expect(told({ category, recipient })).toBe('teams-only')
    }
    expect(told({ category: 'identity', recipient })).toBe('permit')
  })
  it('teams may be told health information', () => {
    expect(told({ recipient: party('hospital', 'care-organisation') })).toBe('permit')
  })
  it('after a recorded death nothing is told', () => {
    expect(told({}, standing({ deceased: true }))).toBe('client-deceased')
  })
})

describe('a client under 18 (rule 5)', () => {
  it('becomes of age at midnight in Helsinki on her birthday', () => {
    expect(onBirthday('2008-03-12', '2026-03-11T21:59:59.999Z')).toBe('client-minor')
    expect(onBirthday('2008-03-12', '2026-03-11T22:00:00Z')).toBe('permit')
    expect(onBirthday('2008-07-01', '2026-06-30T20:59:59Z')).toBe('client-minor')
    expect(onBirthday('2008-07-01', '2026-06-30T21:00:00Z')).toBe('permit')
  })
  it('born on 29 February, she does so on 1 March', () => {
    expect(onBirthday('2008-02-29', '2026-02-28T12:00:00Z')).toBe('client-minor')
    expect(onBirthday('2008-02-29', '2026-03-01T00:00:00Z')).toBe('permit')
  })
  it('a birth date without day or month counts as the last day it could be', () => {
    expect(onBirthday('2008', '2026-03-12T09:00:00Z')).toBe('client-minor')
    expect(onBirthday('2008', '2026-12-30T09:00:00Z')).toBe('client-minor')
    expect(onBirthday('2008', '2027-01-01T09:00:00Z')).toBe('permit')
    expect(onBirthday('2008-03', '2026-03-12T09:00:00Z')).toBe('client-minor')
    expect(onBirthday('2008-03', '2026-04-01T09:00:00Z')).toBe('permit')
    expect(onBirthday('2007', '2026-03-12T09:00:00Z')).toBe('permit')
  })
  it('a birth date that is none refuses', () => {
    expect(onBirthday('unknown', '2026-03-12T09:00:00Z')).toBe('client-minor')
  })
})

describe('the round of people who may be told at all', () => {
  const members = (from: number | undefined, until: number | undefined): Standing => ({
    ...standing(),
    members: [{ party: 'ips-team', from, until }],
  })
  it('is the client’s team of this moment, whatever the consent says', () => {
    expect(told({}, members(undefined, undefined))).toBe('permit')
    expect(told({}, members(now, now + 1))).toBe('permit')
    expect(told({}, members(now + 1, undefined))).toBe('recipient-not-in-care-team')
    expect(told({}, members(undefined, now))).toBe('recipient-not-in-care-team')
    expect(told({}, { ...standing(), members: [] })).toBe('recipient-not-in-care-team')
    expect(told({}, { ...standing(), members: [{ party: 'unit', from: undefined, until: undefined }] })).toBe(
      'recipient-not-in-care-team',
    )
  })
  it('a team that a live referral asks may be told the referral and who it is about, nothing else', () => {
    const asked = (live: boolean): Standing => ({
      ...standing(),
      members: [],
      referrals: [{ performer: 'ips-team', sender: 'hospital', live }],
    })
    expect(told({ category: 'referral' }, asked(true))).toBe('permit')
    expect(told({ category: 'identity' }, asked(true))).toBe('permit')
    expect(told({ category: 'medication' }, asked(true))).toBe('recipient-not-in-care-team')
    expect(told({ category: 'referral' }, asked(false))).toBe('recipient-not-in-care-team')
    const other = { ...asked(true), referrals: [{ performer: 'unit', sender: 'hospital', live: true }] }
    expect(told({ category: 'referral' }, other)).toBe('recipient-not-in-care-team')
  })
  it('being in the team permits nothing', () => {
    expect(told({}, { ...standing(), consents: [] })).toBe('no-applicable-consent')
  })
  it('information flows in its own direction only', () => {
    expect(told({ sender: ipsTeam, recipient: careSide })).toBe('direction-not-allowed')
    expect(told({ category: 'coaching-note' })).toBe('direction-not-allowed')
    expect(told({ category: 'coaching-note', sender: ipsTeam, recipient: careSide })).toBe('permit')
    expect(told({ category: 'benefit', sender: ipsTeam, recipient: careSide })).toBe('permit')
    expect(told({ category: 'benefit' })).toBe('permit')
  })
  it('a referral nobody has made lets nobody be told', () => {
    for (const category of ['referral', 'identity'] as const) {
      expect(told({ category }, { ...standing(), members: [], referrals: [] })).toBe('recipient-not-in-care-team')
    }
  })
  it('the record names the consent epoch it was decided under, when it is known', () => {
    const { client, ...rest } = standing()
    const epochOf = (where: Standing) => decideDisclosure(question(), where, now, policy).record.epoch
    expect(epochOf({ ...rest, client: { ...client, epoch: 0 } })).toBe(0)
    expect(epochOf({ ...rest, client: { ...client, epoch: 7 } })).toBe(7)
    expect(epochOf(standing())).toBeUndefined()
  })
  it('a birth date with anything before or after it is none, and counts as that of a minor', () => {
    for (const birthDate of ['x1980-01-01', '1980-01-01x', '1980-01-01T00:00:00Z', ' 1980']) {
      expect(onBirthday(birthDate, '2026-03-12T09:00:00Z'), birthDate).toBe('client-minor')
    }
  })
  it('the record of such a refusal says what refused, and cites no permission', () => {
    const { record } = decideDisclosure(question(), { ...standing(), members: [] }, now, policy)
    expect(record).toMatchObject({
      outcome: 'deny',
      reason: 'denied',
      hardRule: 'recipient-not-in-care-team',
      basis: [],
    })
    const none = decideDisclosure(question(), { ...standing(), members: [], consents: [] }, now, policy).record
    expect(none).toMatchObject({ reason: 'no-applicable-consent', hardRule: 'recipient-not-in-care-team' })
    const employer = question({ recipient: party('employer', 'employer') })
    const both = decideDisclosure(employer, { ...standing(), members: [] }, now, policy).record
    expect(both).toMatchObject({ reason: 'denied', hardRule: 'nothing-to-employers' })
  })
})

describe('the content written for a recipient', () => {
  const update = {
    category: 'medication',
    fields: { date: '2026-03-12', effect: ['tiredness'], substance: 'Ketiapiini' },
  } as const
  const upTo = (level: string) => ({ ...standing(), consents: [consent(permit({ codes: [info(level)] }))] })
  const written = (where: Standing, toldBefore?: string, some = {}) => {
    const before = toldBefore === undefined ? undefined : ({ category: 'medication', level: toldBefore } as const)
    const item = {
      action: 'access',
      sender: careSide,
      recipient: ipsTeam,
      update,
      facts,
      told: before,
      ...some,
    } as const
    return contentFor(item, where, now, policy)
  }
  it('is that of the level permitted now', () => {
    expect(written(upTo('medication.effect'))).toMatchObject({
      outcome: 'permit',
      content: { level: 'effect', fields: { date: '2026-03-12', effect: ['tiredness'] } },
    })
    expect(JSON.stringify(written(upTo('medication.effect')))).not.toContain('Ketiapiini')
  })
  it('a reading never shows more than the first telling did, nor more than is permitted now', () => {
    expect(written(upTo('medication.detail'), 'change')).toMatchObject({ content: { level: 'change' } })
    expect(written(upTo('medication.change'), 'detail')).toMatchObject({ content: { level: 'change' } })
    expect(written(upTo('medication.effect'), 'effect')).toMatchObject({ content: { level: 'effect' } })
  })
  it('a level that no longer exists shows nothing', () => {
    const gone = written(upTo('medication.detail'), 'renamed')
    expect(gone).toMatchObject({ outcome: 'deny', reason: 'category-not-told' })
    expect(gone.record).toMatchObject({ outcome: 'deny', reason: 'denied', hardRule: 'category-not-told', basis: [] })
  })
  it('a category without words is not told, however much is permitted', () => {
    const wellbeing = { update: { category: 'wellbeing', fields: {} } }
    expect(written(standing(), undefined, wellbeing)).toMatchObject({ outcome: 'deny', reason: 'category-not-told' })
  })
  it('a denial writes nothing', () => {
    const no = { ...standing(), consents: [consent(deny({ actions: [action('access')] }))] }
    expect(written(no)).toMatchObject({ outcome: 'deny', reason: 'denied' })
    expect(written(no)).not.toHaveProperty('content')
  })
  it('the custodian is the sender and the recipient is named by all its identifiers', () => {
    const from = consent(permit({ actors: [actor('IRCP', team), actor('CST', hospital)] }))
    expect(written({ ...standing(), consents: [from] }).outcome).toBe('permit')
    const other = consent(permit({ actors: [actor('IRCP', team), actor('CST', named('clinic'))] }))
    expect(written({ ...standing(), consents: [other] }).outcome).toBe('deny')
  })
})
