import type { Permit } from '../consent/decide.ts'
import { spendPermit } from '../consent/decide.ts'
import { clientIdentity } from '../domain/identity.ts'
import type { NoticeTemplate } from '../domain/refusal.ts'

declare const envelopeBrand: unique symbol

/** What a channel carries: frozen bytes under an id that stays the same over retries. */
export type Envelope = {
  readonly [envelopeBrand]: true
  readonly id: string
  readonly contentType: string
  readonly body: string
}

export type Frozen = { readonly contentType: string; readonly body: string }

/** INVARIANT (a channel gets nothing without a fresh permit): the permit of this very sending is used up here. */
export const sealUpdate = (permit: Permit, clientId: string, frozen: Frozen & { readonly id: string }): Envelope => {
  spendPermit(permit)
  if (!permit.client.includes(clientIdentity(clientId))) throw new Error('permit is for another client')
  return seal(frozen.id, frozen)
}

/** Content-free notices are the second, separate capability: fixed templates, no permit. */
export const sealNotice = (_template: NoticeTemplate | 'something-new', id: string, frozen: Frozen): Envelope =>
  seal(id, frozen)

const seal = (id: string, { contentType, body }: Frozen): Envelope => {
  const envelope: Omit<Envelope, typeof envelopeBrand> = { id, contentType, body }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place where an envelope is made
  return Object.freeze(envelope) as Envelope
}
