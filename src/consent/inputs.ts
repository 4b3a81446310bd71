import type { ConsentRecord } from './consent-record.ts'
import { byWord, inOrder } from './order.ts'
import { prepare } from './prepare.ts'
import type { DecisionRequest, Policy } from './request.ts'

/**
 * Everything a decision rests on, as one text to be hashed (rule 24): the same whatever the order of the consents. A
 * consent stands in it by its own digest, which was computed once when that version was read, because hashing every
 * provision anew would cost more than deciding; without one, its id and version stand for it.
 */
export const inputsOf = (
  request: DecisionRequest,
  consents: readonly ConsentRecord[],
  asOf: number,
  policy: Policy,
): string => {
  const { client, action, purposes, recipient, recipientKind, custodian, author, information, data, clientState } =
    request
  const words = consents.map((consent) => prepare(consent, policy).word)
  const head = JSON.stringify([
    [policy.version, policy.mode, policy.zone, asOf, request.epoch ?? null],
    [client, action, purposes, recipient, recipientKind ?? null, custodian ?? null, author ?? null],
    [information?.category ?? null, information?.level ?? null, clientState.deceased, clientState.minor],
    data ?? null,
  ])
  return `${head}\n${inOrder(words, byWord).join('\n')}`
}
