import type { RequestListener, ServerResponse } from 'node:http'
import { answerParent } from './answer-parent.ts'
import { openReceiver, type Receiver } from './open-receiver.ts'

/** Receivers that are sick, or well for comparison, in a process of their own so that what they pour out costs no other. */

const pour = (response: ServerResponse): void => {
  while (!response.destroyed && response.write(Buffer.alloc(65_536)));
}
const illnesses: readonly ((response: ServerResponse) => void)[] = [
  // never answers
  () => undefined,
  // answers without end
  (response) => {
    response.writeHead(200).on('drain', () => pour(response))
    pour(response)
  },
  // hangs up
  (response) => response.destroy(),
]

const receiverThat = (answer: (response: ServerResponse) => void): RequestListener => {
  return (request, response) => {
    request.resume().on('end', () => answer(response))
  }
}
const well = receiverThat((response) => response.writeHead(204).end())

let receivers: readonly Receiver[] = []

answerParent({
  start: async ({ isWell }: { readonly isWell: boolean }) => {
    receivers = await Promise.all(illnesses.map((illness) => openReceiver(isWell ? well : receiverThat(illness))))
  },
  hooks: () => receivers.map(({ hook }) => hook),
  stop: () => {
    for (const { close } of receivers) close()
  },
})
