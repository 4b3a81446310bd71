import type { Delivery as RealDelivery } from '../../src/relay/channel.ts'
import { pushEndpoints } from '../../src/relay/relay.ts'
import { playRound } from '../../src/relay/round.ts'
import type { Finished } from '../../src/relay/settle-delivery.ts'
import type { Sending } from '../../src/relay/start-heads.ts'
import type { LaneKey } from '../../src/store/queries/leases.ts'
import type { TestGateway } from '../support/gateway.ts'
import type { Delivery } from './model/relay-programs.ts'
import type { World } from './model/step.ts'
import type { Side } from './side.ts'

/** A worker of one lane, whose deliveries are the schedule's. `adopted`: what was started where it was queued. */
export const workSteps = async (
  gateway: TestGateway,
  side: Side,
  { lane, rounds, adopted = [] }: { lane: LaneKey; rounds: number; adopted?: readonly Sending[] },
): Promise<void> => {
  const targets = pushEndpoints(gateway.relay.parties)
  let finished = await deliverSteps(side, adopted)
  for (let round = 0; round < rounds; round += 1) {
    const { sendings, busy } = await playRound(gateway.relay, targets, { finished, most: 1, only: [lane] })
    finished = [...busy, ...(await deliverSteps(side, sendings))]
  }
}

const deliverSteps = async (side: Side, sendings: readonly Sending[]): Promise<readonly Finished[]> => {
  const back: Finished[] = []
  for (const { envelope: _, ...sending } of sendings) {
    back.push({ ...sending, delivery: deliveries[await side.outside<Delivery>('deliver')] })
  }
  return back
}

const deliveries: Readonly<Record<Delivery, RealDelivery>> = {
  delivered: { outcome: 'delivered' },
  failed: { outcome: 'failed', why: 'http-500', retryAfterMs: undefined },
  unknown: { outcome: 'unknown', why: 'timeout' },
  'not-sent': { outcome: 'not-sent', why: 'connect' },
}
const answers = Object.keys(deliveries) as Delivery[]
export const answer = (world: World) => (): Delivery =>
  answers[Math.floor(world.random() * answers.length)] ?? 'delivered'
