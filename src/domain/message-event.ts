import { CANONICAL, profileUrl } from './codes.ts'

/** A resource a message is about, with the profile it is held to. */
export type Focus = { readonly type: string; readonly profile: string; readonly max: number }

/**
 * What a message can say has happened, and what it is about. Each has a MessageDefinition in `profiles/`, and each of the
 * types has to be among the foci at least once.
 */
export const messageEvents = {
  referral: [
    { type: 'ServiceRequest', profile: profileUrl('referral'), max: 1 },
    { type: 'Task', profile: profileUrl('referral-task'), max: 1 },
  ],
  'referral-answer': [{ type: 'Task', profile: profileUrl('referral-task'), max: 1 }],
  consent: [{ type: 'Consent', profile: profileUrl('written-consent'), max: 1 }],
  'care-team': [{ type: 'CareTeam', profile: profileUrl('care-team'), max: 1 }],
  'care-team-update': [{ type: 'Communication', profile: profileUrl('care-team-message'), max: Infinity }],
} as const satisfies Readonly<Record<string, readonly Focus[]>>
export type MessageEvent = keyof typeof messageEvents

export const isMessageEvent = (code: string): code is MessageEvent => Object.hasOwn(messageEvents, code)

export const messageDefinitionUrl = (event: MessageEvent): string => `${CANONICAL}/MessageDefinition/${event}-message`
