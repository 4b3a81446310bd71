import { Client } from 'undici'
import { medicationMessageOf } from './stories.ts'

export type CrowdOrder = {
  readonly origin: string
  readonly token: string
  readonly clients: readonly Enrolled[]
  readonly messages: number
  /** Ends earlier than that after so many milliseconds. */
  readonly most: number
}
export type Enrolled = { readonly n: number; readonly patient: string }
/** Milliseconds from before the POST to the arrival of its webhook. */
export type CrowdResult = { readonly arrived: readonly number[]; readonly elapsed: number }

/** Latency under load: several clients at once, each with her next message when her last one has arrived. */
export const createCrowd = () => {
  /** By the recipient's name for the client, which the first message tells. */
  const waiting = new Map<string, (at: number) => void>()
  let first: ((subject: string, at: number) => void) | undefined
  const isListening = (): boolean => waiting.size > 0 || first !== undefined
  const hear = (body: string, at: number): void => {
    const subject = /"subject":\{"reference":"([^"]+)"/.exec(body)?.[1] ?? ''
    const waiter = waiting.get(subject)
    waiting.delete(subject)
    if (waiter !== undefined) waiter(at)
    else first?.(subject, at)
    if (waiter === undefined) first = undefined
  }
  const run = async ({ origin, token, clients, messages, most }: CrowdOrder): Promise<CrowdResult> => {
    const headers = { 'content-type': 'application/fhir+json', authorization: `Bearer ${token}` }
    const send = async (client: Client, { n, patient }: Enrolled, name: string): Promise<void> => {
      const body = medicationMessageOf(n, patient, name)
      const answer = await client.request({ method: 'POST', path: '/fhir/Communication', headers, body })
      const said = await answer.body.text()
      if (answer.statusCode >= 300)
        throw new Error(`a message was answered ${answer.statusCode}: ${said.slice(0, 300)}`)
    }
    const connections = clients.map((one) => ({ one, client: new Client(origin), subject: '' }))
    for (const place of connections) {
      const told = new Promise<string>((resolve) => (first = (subject) => resolve(subject)))
      await send(place.client, place.one, 'first')
      place.subject = await told
    }
    const arrived: number[] = []
    const begun = performance.now()
    await Promise.all(
      connections.map(async ({ one, client, subject }) => {
        for (let i = 0; i < messages && performance.now() < begun + most; i += 1) {
          const sent = performance.now()
          const arrival = new Promise<number>((resolve) => void waiting.set(subject, resolve))
          await send(client, one, `crowd-${i}`)
          arrived.push((await arrival) - sent)
        }
        await client.close()
      }),
    )
    return { arrived, elapsed: performance.now() - begun }
  }
  return { isListening, hear, run }
}
