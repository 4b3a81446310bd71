import type { Catalog } from './catalog.ts'

/** What became of a disclosure, and why. */
export const enDisclosure = {
  reason: {
    denied: {
      staff: 'the client has said no to this; talk it over together if it matters',
      client: 'you have said no to this; you can change your mind at any time',
    },
    indeterminate: {
      staff: 'it is not certain that a consent covers this; ask whoever records consents to check it',
      client: 'it was not certain that your consent covers this; ask your nurse or coach to check it',
    },
    'no-applicable-consent': {
      staff: 'no written consent covers this; ask the client',
      client: 'you have not given permission for this, or it has ended or you have withdrawn it; you may give it anew',
    },
    'nothing-to-employers': {
      staff: 'nothing is ever sent to an employer; the client may tell the employer in person',
      client: 'nothing is ever sent to an employer; what to tell is up to you',
    },
    'teams-only': {
      staff: "this goes to coaching teams and care teams only; send it to the client's own team",
      client: 'this goes to coaching teams and care teams only, whatever anyone agrees',
    },
    'purpose-never-allowed': {
      staff: 'this service is never used for that purpose; use the official way of your own organisation',
      client: 'this service is never used for that purpose, whatever anyone agrees',
    },
    'client-deceased': {
      staff:
        'the client is recorded as having died and nothing more is sent; please close the case or correct the record',
      client: 'sending for you has been stopped; if this is a mistake, tell your care team',
    },
    'client-minor': {
      staff: 'the client is under 18 and this service is for adults; agree on another way together',
      client: 'this service is for people who are 18 or older',
    },
    'recipient-not-in-care-team': {
      staff: 'the recipient does not work with this client now; check who does',
      client: 'the recipient does not work with you now',
    },
    'no-recipient': {
      staff: "nobody was found to receive this; check the client's coach and care team",
      client: 'nobody was found to receive this; ask your nurse or coach to check who works with you',
    },
    'direction-not-allowed': {
      staff: 'this kind of information does not travel in this direction; check who should tell it',
      client: 'this kind of information does not travel in this direction',
    },
    'category-not-told': {
      staff: 'this service does not pass on this kind of information; agree on another way with the client',
      client: 'this service does not pass on this kind of information; you may tell it yourself',
    },
    'meeting-has-passed': {
      staff: 'the meeting was already over; tell about the next one before it is held',
      client: 'the meeting was already over',
    },
    'taken-back': {
      staff: 'the sender took this back because it was wrong; a corrected one comes as a new message, if there is one',
      client: 'the sender took this back because it was wrong',
    },
  },
  state: {
    refused: {
      staff: 'not sent, for want of permission; the content was not kept',
      client: 'there was no permission for this, and the content was not kept',
    },
    held: { staff: "waiting for the client's consent", client: 'this is waiting for your consent' },
    queued: { staff: 'waiting to be sent', client: 'this is waiting to be sent' },
    sending: { staff: 'being sent', client: 'this is being sent right now' },
    'possibly-received': {
      staff: 'sent, but it is not certain that it arrived',
      client: 'it is not certain that this arrived',
    },
    delivered: { staff: 'delivered', client: 'this has arrived' },
    withheld: {
      staff: 'stopped just before sending, because the permission had changed',
      client: 'this was stopped just before sending, because the permission had changed',
    },
    expired: { staff: 'not sent in time; out of date now', client: 'this was not sent in time and is out of date now' },
    superseded: {
      staff: 'not sent, because newer information took its place',
      client: 'newer information took the place of this',
    },
    skipped: {
      staff: 'could not be delivered; given up by an operator',
      client: 'this could not be delivered and is no longer being tried',
    },
    dead: {
      staff: 'could not be delivered; someone needs to look into it',
      client: 'this could not be delivered for a technical reason',
    },
  },
  notice: {
    'permissions-changed': "Permissions changed; see the client's page.",
    'permission-ends-soon': "A permission ends within a month; see the client's page.",
    'referral-state-changed': "A referral has moved on; see the client's page.",
    'referral-waits-for-consent': "A referral is waiting for the client's consent; see the client's page.",
  },
  somethingNew: 'There is something new to read in the gateway.',
} as const satisfies Pick<Catalog, 'reason' | 'state' | 'notice' | 'somethingNew'>
