import { CONFIDENTIALITY_SYSTEM } from '../../../src/domain/codes.ts'
import { casesOf } from '../case.ts'
import { type Fhir, written } from '../written.ts'

const { paper, permit, deny } = written
const until = (end: string) => paper(permit({ period: { end } }))
const from = (start: string) => paper(permit({ period: { start } }))
const at = (asOf: string): Fhir => ({ asOf })
const except = (own: Parameters<typeof deny>[0]) => paper(permit({}, deny(own)))
const labelled = (...codes: readonly string[]): Fhir => ({
  resource: {
    resourceType: 'Communication',
    subject: { reference: 'Patient/aino' },
    meta: {
      security: codes.map((code) => (code.startsWith('urn:') ? { system: code, code: 'x' } : written.label(code))),
    },
  },
})
const only = (...label: readonly string[]) => paper(permit({ label }))
const over = (...label: readonly string[]) => except({ label })

/** Helsinki is two hours ahead of UTC in winter, three in summer; 2026: summer time 29 March 03:00 to 25 October 04:00. */
export const timesAndLabels = [
  ...casesOf('9', [
    ['a date-only end lasts until local midnight', 'permitted', until('2026-03-12'), {}, at('2026-03-12T21:59:59Z')],
    ['and no longer', 'no-applicable-consent', until('2026-03-12'), {}, at('2026-03-12T22:00:00Z')],
    ['a date-only start begins at local midnight', 'permitted', from('2026-03-12'), {}, at('2026-03-11T22:00:00Z')],
    ['and no earlier', 'no-applicable-consent', from('2026-03-12'), {}, at('2026-03-11T21:59:59Z')],
    [
      'the night summer time begins: last second of winter’s day',
      'permitted',
      until('2026-03-28'),
      {},
      at('2026-03-28T21:59:59Z'),
    ],
    [
      'the night summer time begins: over',
      'no-applicable-consent',
      until('2026-03-28'),
      {},
      at('2026-03-28T22:00:00Z'),
    ],
    ['the short day ends an hour earlier in UTC', 'permitted', until('2026-03-29'), {}, at('2026-03-29T20:59:59Z')],
    ['the short day is over', 'no-applicable-consent', until('2026-03-29'), {}, at('2026-03-29T21:00:00Z')],
    ['the long day ends an hour later in UTC', 'permitted', until('2026-10-25'), {}, at('2026-10-25T21:59:59Z')],
    ['the long day is over', 'no-applicable-consent', until('2026-10-25'), {}, at('2026-10-25T22:00:00Z')],
    [
      'the day before the long one ends in summer time',
      'no-applicable-consent',
      until('2026-10-24'),
      {},
      at('2026-10-24T21:00:00Z'),
    ],
    ['a month is the whole month', 'permitted', until('2026-03'), {}, at('2026-03-31T20:59:59Z')],
    ['and no more', 'no-applicable-consent', until('2026-03'), {}, at('2026-03-31T21:00:00Z')],
    ['a year is the whole year', 'permitted', until('2026'), {}, at('2026-12-31T21:59:59Z')],
    ['and no more', 'no-applicable-consent', until('2026'), {}, at('2026-12-31T22:00:00Z')],
    [
      'an instant carries its own offset',
      'permitted',
      until('2026-03-12T10:59:59+02:00'),
      {},
      at('2026-03-12T08:59:59Z'),
    ],
    [
      'and is over after that second',
      'no-applicable-consent',
      until('2026-03-12T10:59:59+02:00'),
      {},
      at('2026-03-12T09:00:00Z'),
    ],
    ['a leap day', 'permitted', until('2028-02-29'), {}, at('2028-02-29T12:00:00Z')],
    ['a day that does not exist', 'indeterminate', until('2026-02-29')],
    ['a year before all years', 'indeterminate', until('-0001')],
    ['the last year there is', 'permitted', until('9999')],
    ['an end before the start', 'indeterminate', paper(permit({ period: { start: '2026', end: '2025' } }))],
    ['an invalid period in a deny', 'indeterminate', except({ period: { end: '2025-02-30' } })],
    [
      'a nested permit may narrow',
      'permitted',
      paper(permit({ period: { start: '2026' } }, deny({ period: { start: '2026-04' } }))),
    ],
    ['an exception whose time is over', 'permitted', except({ period: { end: '2025' } })],
    [
      'another zone, another midnight',
      'no-applicable-consent',
      until('2026-03-12'),
      {},
      { asOf: '2026-03-12T21:30:00Z', zone: 'Asia/Tokyo' },
    ],
    [
      'a nested permit cannot outlast the root',
      'no-applicable-consent',
      paper({ ...permit({ period: { end: '2025' } }, permit({ period: { start: '2025' } })) }),
    ],
    [
      'and holds where both do',
      'permitted',
      paper(permit({ period: { start: '2025' } }, permit({ period: { end: '2026' } }))),
    ],
  ]),
  ...casesOf('15', [
    ...'ULMNRV'
      .split('')
      .map(
        (code) =>
          [
            `a permit up to N and data ${code}`,
            'ULMN'.includes(code) ? 'permitted' : 'no-applicable-consent',
            only('N'),
            labelled(code),
          ] as const,
      ),
    ...'ULMNRV'
      .split('')
      .map(
        (code) =>
          [
            `a deny from N and data ${code}`,
            'NRV'.includes(code) ? 'denied' : 'permitted',
            over('N'),
            labelled(code),
          ] as const,
      ),
    ['a permit that lists the sensitivity', 'permitted', only('PSY'), labelled('R', 'PSY')],
    ['a permit that lists one of two', 'no-applicable-consent', only('PSY'), labelled('R', 'PSY', 'ETH')],
    [
      'restricted psychiatric is not restricted addiction',
      'no-applicable-consent',
      only('R', 'PSY'),
      labelled('R', 'ETH'),
    ],
    ['both dimensions met', 'permitted', only('R', 'PSY'), labelled('R', 'PSY')],
    ['a deny of any sensitivity', 'denied', over('PSY'), labelled('R', 'PSY', 'ETH')],
    ['a deny of either dimension', 'denied', over('V', 'PSY'), labelled('R', 'PSY')],
    ['a deny of neither', 'permitted', over('V', 'PSY'), labelled('R', 'ETH')],
    ['a deny of a family covers its members', 'denied', over('SUD'), labelled('R', 'ETHUD')],
    ['a permit of a family does not', 'no-applicable-consent', only('SUD'), labelled('R', 'ETHUD')],
    ['a sensitivity raises confidentiality', 'no-applicable-consent', only('N'), labelled('N', 'PSY')],
    ['and meets a deny of restricted', 'denied', over('R'), labelled('PSY')],
    ['unlabelled data where labels are tested', 'indeterminate', only('N')],
    ['unlabelled data where a deny tests them', 'indeterminate', over('PSY')],
    ['unlabelled data where none are tested', 'permitted', paper(permit())],
    ['a label of a system nobody mapped, in a permit', 'indeterminate', only('V'), labelled('N', 'urn:hospital')],
    ['and in a deny', 'indeterminate', over('V'), labelled('N', 'urn:hospital')],
    ['an obligation on data is no sensitivity', 'permitted', only('N'), labelled('N', 'NORDSCLCD')],
    ['an obligation in a permit cannot be decided', 'indeterminate', only('NORDSCLCD'), labelled('N')],
    [
      'a label without code on data',
      'indeterminate',
      only('R'),
      {
        resource: {
          resourceType: 'Communication',
          meta: { security: [{ system: CONFIDENTIALITY_SYSTEM, code: 'N' }, { display: 'secret' }] },
        },
      },
    ],
  ]),
]
