import { decideDisclosure, type Standing } from '../src/consent/decide-disclosure.ts'
import { clientIdentity } from '../src/domain/identity.ts'
import type { InformationCategory } from '../src/domain/information.ts'
import type { Party } from '../src/domain/party.ts'
import { answerParent } from './answer-parent.ts'
import { clientId, consentsOf, policy } from './consent-cases.ts'
import { percentile } from './figures.ts'
import { partyIdentifier } from './stories.ts'

export type DecisionOrder = { readonly consents: number; readonly ms: number }
/** Times in microseconds. */
export type DecisionResult = { readonly perSecond: number; readonly p50: number; readonly p99: number }

answerParent({ start: () => undefined, decide: (order: DecisionOrder) => measure(order), stop: () => undefined })

const party = (id: 'hospital' | 'team'): Party => ({
  id,
  kind: id === 'team' ? 'ips-team' : 'care-organisation',
  name: id,
  identifiers: [partyIdentifier(id)],
  clientId: id,
  keys: { kind: 'none' },
  scopes: [],
  purposes: id === 'team' ? ['employment-support'] : ['care-coordination'],
  labels: undefined,
  members: [],
  endpoints: [],
})

/** Every fourth is refused: no consent permits a diagnosis. `medication` is tried at three levels. */
const categories: readonly InformationCategory[] = ['medication', 'referral', 'benefit', 'diagnosis']

/** What the gateway asks at arrival, again before each sending and at each reading: the deepest level to be told. */
const measure = ({ consents, ms }: DecisionOrder): DecisionResult => {
  const standing: Standing = {
    client: { id: clientId, birthDate: '1980-01-01', deceased: false, nonDisclosure: false },
    consents: consentsOf(consents),
    members: [{ party: 'team', from: undefined, until: undefined }],
    referrals: [],
  }
  const [sender, recipient] = [party('hospital'), party('team')]
  const data = {
    names: ['Communication/1'],
    classes: ['Communication'],
    codes: [],
    labels: [],
    patients: [clientIdentity(clientId)],
    refersTo: [],
    authors: [],
    clinicalDate: undefined,
  } as unknown as Parameters<typeof decideDisclosure>[0]['data']
  const now = Date.now()
  let permits = 0
  const once = (n: number): void => {
    const category = categories[n % categories.length] ?? 'referral'
    const decision = decideDisclosure({ category, action: 'disclose', sender, recipient, data }, standing, now, policy)
    if (decision.outcome === 'permit') permits += 1
  }
  let n = 0
  for (const end = performance.now() + ms / 3; performance.now() < end; n += 1) once(n)
  const durations: number[] = []
  permits = 0
  n = 0
  const begun = performance.now()
  for (let at = begun; at < begun + ms; n += 1) {
    once(n)
    const after = performance.now()
    durations.push((after - at) * 1000)
    at = after
  }
  if (Math.abs(permits - (n * 3) / 4) > 2)
    throw new Error(`${permits} of ${n} decisions were permits, not three of four`)
  return {
    perSecond: (n / (performance.now() - begun)) * 1000,
    p50: percentile(durations, 0.5),
    p99: percentile(durations, 0.99),
  }
}
