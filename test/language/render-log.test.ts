import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { informationCategories, isInformationCategory, levelsOf } from '../../src/domain/information.ts'
import type { LogEntry } from '../../src/domain/log-entry.ts'
import { languages } from '../../src/domain/party.ts'
import type { Purpose } from '../../src/domain/purpose.ts'
import { purposes } from '../../src/domain/purpose.ts'
import { disclosureStates, refusalReasons } from '../../src/domain/refusal.ts'
import { renderLogEntry } from '../../src/language/render-log.ts'

const zone = 'Europe/Helsinki'
const told: LogEntry = {
  at: Date.parse('2026-03-12T07:05:00Z'),
  kind: 'told',
  category: { category: 'medication', level: 'effect' },
  from: 'Psykiatrian poliklinikka',
  to: 'IPS-tiimi Tampere',
  purpose: 'employment-support',
  state: 'delivered',
  reason: undefined,
  channel: 'inbox',
  consent: 'Consent/7',
}
const inAll = (entry: LogEntry) =>
  Object.fromEntries(languages.map((language) => [language, renderLogEntry(entry, language, zone)]))

describe("the client's log", () => {
  it('says who told whom, about what, in what detail, what for and on whose word', () => {
    expect(inAll(told)).toEqual({
      fi: '12.3.2026 klo 9.05 – Psykiatrian poliklinikka kertoi vastaanottajalle IPS-tiimi Tampere lääkehoidon muutoksesta (taso: vaikutukset) työllistymisesi tueksi, sinun suostumuksellasi.',
      sv: '12.3.2026 kl. 9.05 – Psykiatrian poliklinikka berättade för IPS-tiimi Tampere om en ändring i medicineringen (nivå: effekter) för stöd i arbetslivet, med ditt samtycke.',
      en: '12.3.2026 at 9:05 – Psykiatrian poliklinikka told IPS-tiimi Tampere about a change in medication (level: effects) for employment support, under your consent.',
    })
  })

  it('says why something was not told, and what she can do', () => {
    const refused: LogEntry = {
      ...told,
      kind: 'not-told',
      state: 'withheld',
      reason: 'no-applicable-consent',
      consent: undefined,
    }
    expect(inAll(refused)).toEqual({
      fi: '12.3.2026 klo 9.05 – Vastaanottajalle IPS-tiimi Tampere ei kerrottu lääkehoidon muutoksesta (taso: vaikutukset; lähettäjä: Psykiatrian poliklinikka): et ole antanut tähän lupaa, tai lupa on päättynyt tai olet perunut sen; voit antaa luvan uudelleen.',
      sv: '12.3.2026 kl. 9.05 – IPS-tiimi Tampere fick inte veta något om en ändring i medicineringen (nivå: effekter; från: Psykiatrian poliklinikka): du har inte gett tillstånd till detta, eller så har det upphört eller återkallats av dig; du kan ge det på nytt.',
      en: '12.3.2026 at 9:05 – IPS-tiimi Tampere was not told about a change in medication (level: effects; from: Psykiatrian poliklinikka): you have not given permission for this, or it has ended or you have withdrawn it; you may give it anew.',
    })
    expect(renderLogEntry({ ...refused, reason: undefined, state: 'expired' }, 'en', zone)).toMatch(
      /: this was not sent in time and is out of date now\.$/,
    )
  })

  it('says what waits, and for what', () => {
    const waiting: LogEntry = {
      ...told,
      kind: 'waiting',
      category: { category: 'referral', level: undefined },
      state: 'held',
    }
    expect(inAll(waiting)).toEqual({
      fi: '12.3.2026 klo 9.05 – Psykiatrian poliklinikka ei ole vielä kertonut vastaanottajalle IPS-tiimi Tampere lähetteestäsi: tämä odottaa suostumustasi.',
      sv: '12.3.2026 kl. 9.05 – Psykiatrian poliklinikka har ännu inte berättat för IPS-tiimi Tampere om din remiss: detta väntar på ditt samtycke.',
      en: '12.3.2026 at 9:05 – Psykiatrian poliklinikka has not yet told IPS-tiimi Tampere about your referral: this is waiting for your consent.',
    })
  })

  it('says when a consent was recorded or withdrawn, whole or for one category', () => {
    const recorded: LogEntry = { ...told, kind: 'consent-recorded', state: undefined, channel: undefined }
    expect(inAll(recorded)).toEqual({
      fi: '12.3.2026 klo 9.05 – Suostumuksesi kirjattiin: lähettäjä Psykiatrian poliklinikka, vastaanottaja IPS-tiimi Tampere, lääkehoidon muutos (taso: vaikutukset), työllistymisesi tueksi.',
      sv: '12.3.2026 kl. 9.05 – Ditt samtycke registrerades: från Psykiatrian poliklinikka, till IPS-tiimi Tampere, ändring i medicineringen (nivå: effekter), för stöd i arbetslivet.',
      en: '12.3.2026 at 9:05 – Your consent was recorded: from Psykiatrian poliklinikka, to IPS-tiimi Tampere, change in medication (level: effects), for employment support.',
    })
    const bare: LogEntry = {
      ...recorded,
      kind: 'consent-withdrawn',
      category: undefined,
      purpose: undefined,
      from: '',
      to: '',
    }
    expect(renderLogEntry(bare, 'fi', zone)).toBe('12.3.2026 klo 9.05 – Suostumuksesi peruttiin.')
  })

  it('admits a doubt about arrival, and mentions a copy in another system', () => {
    const doubtful: LogEntry = {
      ...told,
      state: 'possibly-received',
      channel: 'webhook',
      consent: undefined,
      category: undefined,
    }
    expect(renderLogEntry(doubtful, 'en', zone)).toBe(
      '12.3.2026 at 9:05 – Psykiatrian poliklinikka told IPS-tiimi Tampere about something that concerns you for employment support, sent to their own system. It is not certain that this arrived.',
    )
  })

  it('is one whole line whatever happened and whatever the organisations are called', () => {
    const categories = Object.keys(informationCategories).filter(isInformationCategory)
    const maybe = <T>(values: readonly T[]) => fc.constantFrom<T | undefined>(undefined, ...values)
    const entries: fc.Arbitrary<LogEntry> = fc.record({
      at: fc.integer({ min: 0, max: 4e12 }),
      kind: fc.constantFrom('told', 'not-told', 'waiting', 'consent-recorded', 'consent-withdrawn'),
      category: maybe(categories.flatMap((category) => levelsOf(category).map((level) => ({ category, level })))),
      from: fc.oneof(fc.constantFrom('', 'A\nB', '{to}', '$&'), fc.string()),
      to: fc.oneof(fc.constantFrom('', 'IPS-tiimi'), fc.string()),
      purpose: maybe(Object.keys(purposes) as Purpose[]),
      state: maybe(disclosureStates),
      reason: maybe(refusalReasons),
      channel: maybe(['inbox', 'webhook']),
      consent: maybe(['Consent/7']),
    })
    fc.assert(
      fc.property(entries, fc.constantFrom(...languages), (entry, language) => {
        const line = renderLogEntry(entry, language, zone)
        expect(line).toMatch(/^\d+\.\d+\.\d{4} .+\.$/)
        expect(line).not.toMatch(/\s{2}|[\n\r]|undefined|\[object|NaN/)
      }),
      { numRuns: 2000 },
    )
  })
})
