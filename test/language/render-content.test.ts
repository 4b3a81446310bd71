import { describe, expect, it } from 'vitest'
import { languages } from '../../src/domain/party.ts'
import type { Content, UpdateFields } from '../../src/domain/update.ts'
import { renderContent } from '../../src/language/render-content.ts'

const content = (category: Content['category'], fields: UpdateFields, level?: string): Content => ({
  category,
  level,
  fields,
})
const inAll = (told: Content) =>
  Object.fromEntries(languages.map((language) => [language, renderContent(told, language)]))
const en = (category: Content['category'], fields: UpdateFields) => renderContent(content(category, fields), 'en')
const fi = (category: Content['category'], fields: UpdateFields) => renderContent(content(category, fields), 'fi')
const sv = (category: Content['category'], fields: UpdateFields) => renderContent(content(category, fields), 'sv')

const effect: UpdateFields = {
  date: '2026-03-12',
  'affects-work': 'yes',
  effect: ['tiredness'],
  'effect-duration': { value: 2, unit: 'wk' },
  suggestion: ['lighten', 'ask-client'],
}

describe("the three events of Aino's story, as her coach reads them", () => {
  it('a change in medication says what to expect, not the drug and not whether it was started or stopped', () => {
    expect(inAll(content('medication', effect, 'effect'))).toEqual({
      fi: 'Hoito muuttui 12.3.; voi vaikuttaa työhön; odotettavissa väsymystä noin kahden viikon ajan; kevennä, kysy asiakkaalta',
      sv: 'Behandlingen ändrades 12.3; kan påverka arbetet; räkna med trötthet i ungefär två veckor; ta det lugnare, fråga klienten',
      en: 'Treatment changed 12.3.; may affect work; expect tiredness for about two weeks; go lightly, ask the client',
    })
  })

  it('a care negotiation says when, in Finnish time, and that she is invited', () => {
    const meeting = content(
      'care-meeting',
      { 'meeting-status': 'booked', start: '2026-03-18T11:00:00Z', invited: true },
      'time',
    )
    expect(inAll(meeting)).toEqual({
      fi: 'Hoitoneuvottelu 18.3. klo 13, sinut on kutsuttu',
      sv: 'Vårdmöte 18.3 kl. 13, du är inbjuden',
      en: 'Care negotiation 18.3. at 13:00, you are invited',
    })
  })

  it('rehabilitation support says until when and who says so', () => {
    const benefit = content(
      'benefit',
      { benefit: 'rehabilitation-support', state: 'applied', 'period-end': '2026-06-30', source: 'care-team' },
      'period',
    )
    expect(inAll(benefit)).toEqual({
      fi: 'Kuntoutustukea haettu, 30.6.2026 asti (lähde: hoitotaho)',
      sv: 'Rehabiliteringsstöd har sökts, till och med 30.6.2026 (källa: vårdteamet)',
      en: 'Rehabilitation support applied for, until 30.6.2026 (source: care team)',
    })
  })
})

describe('a change in medication', () => {
  it('names the medicine only at the level that holds it', () => {
    const detail: UpdateFields = {
      date: '2026-03-12',
      kind: 'up',
      substance: 'Sertraliini',
      strength: '50 mg',
      dose: '1 x 1',
    }
    expect(inAll(content('medication', detail, 'detail'))).toEqual({
      fi: 'Annosta nostettu 12.3.: Sertraliini 50 mg, 1 x 1',
      sv: 'Dosen har höjts 12.3: Sertraliini 50 mg, 1 x 1',
      en: 'Dose raised 12.3.: Sertraliini 50 mg, 1 x 1',
    })
  })

  it('says when it is looked at again and whom to ask', () => {
    const fields: UpdateFields = {
      'review-date': '2026-03-26',
      'contact-role': 'named-nurse',
      'contact-phone': '040 123 4567',
    }
    expect(fi('medication', fields)).toBe('Hoito muuttui; seuraava arvio 26.3.; yhteys: omahoitaja, 040 123 4567')
    expect(sv('medication', fields)).toBe(
      'Behandlingen ändrades; nästa bedömning 26.3; kontakt: egenvårdare, 040 123 4567',
    )
    expect(en('medication', fields)).toBe('Treatment changed; next check 26.3.; contact: named nurse, 040 123 4567')
  })

  it('lists several effects, and "none known" only alone', () => {
    expect(fi('medication', { effect: ['restlessness', 'concentration', 'sleep'] })).toBe(
      'Hoito muuttui; odotettavissa levottomuutta, keskittymisvaikeuksia ja unen muutoksia',
    )
    expect(en('medication', { effect: ['none-known', 'tremor'] })).toBe('Treatment changed; expect shaking')
    expect(en('medication', { effect: ['none-known'] })).toBe('Treatment changed; no known effects')
  })

  it.each([
    [{ value: 1, unit: 'wk' }, 'noin viikon ajan', 'i ungefär en vecka', 'for about a week'],
    [{ value: 3, unit: 'd' }, 'noin kolmen päivän ajan', 'i ungefär tre dagar', 'for about three days'],
    [{ value: 10, unit: 'd' }, 'noin kymmenen päivän ajan', 'i ungefär tio dagar', 'for about ten days'],
    [{ value: 14, unit: 'd' }, 'noin 14 päivän ajan', 'i ungefär 14 dagar', 'for about 14 days'],
    [{ value: 1.5, unit: 'mo' }, 'noin 1,5 kuukauden ajan', 'i ungefär 1,5 månader', 'for about 1.5 months'],
  ] as const)('says how long in words: %o', (duration, finnish, swedish, english) => {
    const fields: UpdateFields = { effect: ['tiredness'], 'effect-duration': duration }
    expect(fi('medication', fields)).toBe(`Hoito muuttui; odotettavissa väsymystä ${finnish}`)
    expect(sv('medication', fields)).toBe(`Behandlingen ändrades; räkna med trötthet ${swedish}`)
    expect(en('medication', fields)).toBe(`Treatment changed; expect tiredness ${english}`)
  })

  it('leaves out a date, a length or a number that is none, and anything but a number as a phone', () => {
    const odd: UpdateFields = {
      date: 'yesterday',
      'effect-duration': { value: Number.NaN, unit: 'd' },
      'contact-phone': 'sertraline',
      suggestion: [],
      effect: [],
    }
    expect(en('medication', odd)).toBe('Treatment changed')
    expect(en('medication', { date: '2026-03' })).toBe('Treatment changed 3/2026')
  })
})

describe('a care negotiation', () => {
  it('that is cancelled says so and invites nobody', () => {
    const cancelled: UpdateFields = { 'meeting-status': 'cancelled', start: '2026-03-18T13:00:00+02:00', invited: true }
    expect(fi('care-meeting', cancelled)).toBe('Hoitoneuvottelu 18.3. klo 13 on peruttu')
    expect(sv('care-meeting', cancelled)).toBe('Vårdmöte 18.3 kl. 13 har ställts in')
    expect(en('care-meeting', cancelled)).toBe('Care negotiation 18.3. at 13:00 is cancelled')
  })

  it('adds place and summary at that level, and the end of the hour', () => {
    const full: UpdateFields = {
      'meeting-status': 'proposed',
      start: '2026-07-01T06:05:00Z',
      end: '2026-07-01T07:30:00Z',
      invited: false,
      place: 'Poliklinikka, huone 3',
      summary: 'Syksyn suunnitelma.',
    }
    expect(fi('care-meeting', full)).toBe(
      'Hoitoneuvottelua ehdotetaan 1.7. klo 9.05–10.30, sinulle ei ole kutsua; paikka: Poliklinikka, huone 3; lyhyesti: Syksyn suunnitelma.',
    )
    expect(en('care-meeting', full)).toBe(
      'Care negotiation proposed for 1.7. at 9:05–10:30, no invitation for you; place: Poliklinikka, huone 3; in brief: Syksyn suunnitelma.',
    )
  })

  it('is written in the zone that was asked for', () => {
    const night = content('care-meeting', { start: '2026-03-18T23:30:00Z', end: '2026-03-19T22:15:00Z' })
    expect(renderContent(night, 'fi', 'UTC')).toBe('Hoitoneuvottelu 18.3. klo 23.30 – 19.3. klo 22.15')
    expect(renderContent(night, 'fi')).toBe('Hoitoneuvottelu 19.3. klo 1.30 – 20.3. klo 0.15')
  })

  it('does not guess the time of a moment without offset, and keeps a bare day', () => {
    expect(en('care-meeting', { start: '2026-03-18T13:00:00' })).toBe('Care negotiation')
    expect(en('care-meeting', { start: '2026-03-18', invited: true })).toBe('Care negotiation 18.3., you are invited')
  })
})

describe('a benefit', () => {
  it.each([
    ['recommended', 'Asumistukea suositeltu', 'Bostadsbidrag har rekommenderats', 'Housing allowance recommended'],
    ['granted', 'Asumistuki myönnetty', 'Bostadsbidrag har beviljats', 'Housing allowance granted'],
    ['rejected', 'Asumistukea ei myönnetty', 'Bostadsbidrag har inte beviljats', 'Housing allowance not granted'],
    ['suspended', 'Asumistuki lepäämässä', 'Bostadsbidrag är vilande', 'Housing allowance put on hold'],
    ['ended', 'Asumistuki päättynyt', 'Bostadsbidrag har upphört', 'Housing allowance ended'],
  ] as const)('that is %s is said in the right case', (state, finnish, swedish, english) => {
    const fields: UpdateFields = { benefit: 'housing-allowance', state }
    expect([fi('benefit', fields), sv('benefit', fields), en('benefit', fields)]).toEqual([finnish, swedish, english])
  })

  it('writes period and amount the way each language does', () => {
    const fields: UpdateFields = {
      benefit: 'rehabilitation-allowance',
      state: 'granted',
      'period-start': '2026-04-01',
      'period-end': '2026-06-30',
      amount: { value: 1234.5, currency: 'EUR' },
      source: 'decision-seen',
    }
    expect(fi('benefit', fields)).toBe(
      'Kuntoutusraha myönnetty, 1.4.2026–30.6.2026, määrä 1 234,50 € (lähde: päätös nähty)',
    )
    expect(en('benefit', fields)).toBe(
      'Rehabilitation allowance granted, 1.4.2026–30.6.2026, amount €1,234.50 (source: decision seen)',
    )
    expect(sv('benefit', { 'period-start': '2026-04-01', amount: { value: 650, currency: 'EUR' } })).toBe(
      'Förmån, från och med 1.4.2026, belopp 650 €',
    )
    expect(en('benefit', { amount: { value: 650, currency: 'sertraline' } })).toBe('Benefit')
  })
})

describe('a referral and who it is about', () => {
  it("quotes the client's wish, so that nobody takes it for a judgement of the sender", () => {
    const fields: UpdateFields = { referred: '2026-03-03', wish: 'Haluan\ntöihin  kahvilaan', task: 'Task/12' }
    expect(fi('referral', fields)).toBe(
      'Lähete IPS-työhönvalmennukseen, 3.3.; asiakkaan omin sanoin: ”Haluan töihin kahvilaan”',
    )
    expect(sv('referral', fields)).toBe(
      'Remiss till IPS-arbetsträning, 3.3; med klientens egna ord: ”Haluan töihin kahvilaan”',
    )
    expect(en('referral', fields)).toBe(
      "Referral to IPS coaching, 3.3.; in the client's own words: “Haluan töihin kahvilaan”",
    )
    expect(en('referral', { task: 'a first meeting' })).toBe('Referral to IPS coaching; asked for: a first meeting')
  })

  it('introduces the client by name, birth date and phone', () => {
    const fields: UpdateFields = {
      'client-name': 'Aino Esimerkki',
      'birth-date': '1990-05-04',
      phone: '+358 40 123 4567',
      municipality: 'Tampere',
    }
    expect(inAll(content('identity', fields))).toEqual({
      fi: 'Aino Esimerkki, syntynyt 4.5.1990, puhelin +358 40 123 4567, kotikunta Tampere',
      sv: 'Aino Esimerkki, född 4.5.1990, telefon +358 40 123 4567, hemkommun Tampere',
      en: 'Aino Esimerkki, born 4.5.1990, phone +358 40 123 4567, lives in Tampere',
    })
    expect(fi('identity', { phone: '040 123 4567' })).toBe('Puhelin 040 123 4567')
    expect(fi('identity', {})).toBe('Henkilö- ja yhteystiedot')
  })
})

describe('a category that no channel tells', () => {
  it('is not even named: a hospital stay told as an absence must not read as an admission', () => {
    expect(fi('hospital', {})).toBe('Uutta tietoa; kysy asiakkaalta')
    expect(en('diagnosis', { substance: 'sertraline', summary: 'depression' })).toBe(
      'There is something new; ask the client',
    )
  })
})
