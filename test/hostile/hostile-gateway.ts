import { referralBundle } from '../../demo/story-resources.ts'
import { countRows } from '../support/database.ts'
import { testStory } from '../support/enrol.ts'
import { type Answer, startTestGateway } from '../support/gateway.ts'
import type { Engine } from '../support/stores.ts'
import { type Client, type Clients, hostileHetu, type Subject, subjectsOf } from './subjects.ts'

// What comes back here is what hostile senders said; the mutants that both judges see are those of conformance/mutants.ts.
delete process.env['IPS_EMITTED']

export type HostileGateway = {
  /** As many at all times, by the same names. */
  readonly subjects: readonly Subject[]
  /** Posts a body as the hospital. `ms`: wall time of the whole answer. */
  post(path: string, body: string | Uint8Array): Promise<Answer & { readonly ms: number }>
  /** Another Bertta, of whom nothing is known yet: nobody has hundreds of consents, and their number would be measured. */
  renew(): Promise<void>
  /** Names of tables whose number of rows changed since the last call; `told`: disclosures that are more than a refusal. */
  changedTables(): Promise<readonly string[]>
  readonly faults: unknown[]
  close(): Promise<void>
}

/** Numbers of clients beyond those of any message. */
const BERTTAS = 900_000

/** A whole gateway without sockets, with two clients of one hospital. */
export const startHostileGateway = async (engine: Engine): Promise<HostileGateway> => {
  let transactions = 0
  const gateway = await startTestGateway(engine, undefined, {
    wrap: (store) => ({
      ...store,
      transaction: (work, keeps) => {
        transactions += 1
        return store.transaction(work, keeps)
      },
    }),
  })
  const enrolAs = async (name: string, n: number): Promise<Client & { readonly team: string }> => {
    const answer = await gateway.call('hospital', 'POST', '/fhir', referralBundle(testStory(name, hostileHetu(n))))
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    const [patient, team, careTeam, , document, consent, referral, task] = answer.body.entry.map(
      (one: any) => one.response.location.split('/_history')[0],
    )
    return { patient, team, careTeam, document, consent, referral, task }
  }
  const aino = await enrolAs('aino', BERTTAS)
  let berttas = 0
  const clients = async (): Promise<Clients> => {
    berttas += 1
    return { aino, bertta: await enrolAs(`bertta-${berttas}`, BERTTAS + berttas), team: aino.team }
  }
  let subjects = subjectsOf(await clients())
  const count = async (): Promise<Readonly<Record<string, number>>> => {
    const [told] = await gateway.opened.rows(
      `select count(*)::int as many from disclosure where state <> 'refused' or frozen is not null`,
    )
    return { ...(await countRows(gateway.opened)), told: Number(told?.['many']) }
  }
  let [rows, seen] = [await count(), transactions]
  return {
    get subjects() {
      return subjects
    },
    renew: async () => {
      subjects = subjectsOf(await clients())
      rows = await count()
      seen = transactions
    },
    faults: gateway.faults,
    post: async (path, body) => {
      const begun = performance.now()
      const answer = await gateway.call('hospital', 'POST', path, body)
      return { ...answer, ms: performance.now() - begun }
    },
    changedTables: async () => {
      // Nothing is written outside transactions, and counting costs as much as refusing.
      if (seen === transactions) return []
      seen = transactions
      const before = rows
      rows = await count()
      return Object.keys(rows).filter((table) => rows[table] !== before[table])
    },
    close: () => gateway.close(),
  }
}
