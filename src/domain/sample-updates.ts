import type { Update } from './update.ts'

/**
 * An invented piece of news of every category with a form of its own, every field filled in, so that a client sees what
 * each level says before she ticks it. What tells who she is comes from her own record instead.
 *
 * @param day YYYY-MM-DD, the day it is about.
 */
export const sampleUpdates = (day: string): readonly Update[] => [
  {
    category: 'medication',
    fields: {
      date: day,
      'affects-work': 'yes',
      suggestion: ['lighten', 'ask-client'],
      'review-date': day,
      'contact-role': 'named-nurse',
      'contact-phone': '+358 40 555 0100',
      effect: ['tiredness'],
      'effect-duration': { value: 2, unit: 'wk' },
      kind: 'up',
      substance: 'X',
      strength: '100 mg',
      dose: '1 × 1',
    },
  },
  {
    category: 'care-meeting',
    fields: {
      'meeting-status': 'booked',
      start: `${day}T13:00:00Z`,
      end: `${day}T14:00:00Z`,
      invited: true,
      place: 'A 1',
      summary: 'X',
    },
  },
  {
    category: 'benefit',
    fields: {
      benefit: 'rehabilitation-support',
      state: 'applied',
      'period-start': day,
      'period-end': day,
      source: 'care-team',
      amount: { value: 800, currency: 'EUR' },
    },
  },
  { category: 'referral', fields: { referred: day, wish: 'X' } },
]
