/**
 * Coded reasons why something was not told, visible to its sender and (as text) to the client. The decision's own
 * reasons come first; the rest are the gateway's.
 */
export const refusalReasons = [
  'denied',
  'indeterminate',
  'no-applicable-consent',
  'nothing-to-employers',
  'teams-only',
  'purpose-never-allowed',
  'client-deceased',
  'client-minor',
  'recipient-not-in-care-team',
  'no-recipient',
  'direction-not-allowed',
  'category-not-told',
  'meeting-has-passed',
  'taken-back',
] as const

export type RefusalReason = (typeof refusalReasons)[number]

/** Life of a disclosure. Final: delivered, withheld, refused, expired, superseded, skipped. */
export const disclosureStates = [
  'refused',
  'held',
  'queued',
  'sending',
  'possibly-received',
  'delivered',
  'withheld',
  'expired',
  'superseded',
  'skipped',
  'dead',
] as const

export type DisclosureState = (typeof disclosureStates)[number]

/** Content-free service messages: fixed templates with no field at all, so that they can carry no health information. */
export const noticeTemplates = [
  'permissions-changed',
  'permission-ends-soon',
  'referral-state-changed',
  'referral-waits-for-consent',
] as const

export type NoticeTemplate = (typeof noticeTemplates)[number]
