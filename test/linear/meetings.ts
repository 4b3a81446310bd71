import { consent, document, medicationMessage, rehabilitationSupport } from '../../demo/story-resources.ts'
import { signedForm } from '../../demo/signed-form.ts'
import { type Enrolled, enrol, testStory } from '../support/enrol.ts'
import type { TestGateway } from '../support/gateway.ts'
import { correct, leaveTeam, renew, retract, tell, turnDown, withdraw } from './model/change-programs.ts'
import { readInbox } from './model/inbox-programs.ts'
import { drain, work } from './model/relay-programs.ts'
import { categories } from './model/rows.ts'
import type { Program, World } from './model/step.ts'
import { pass } from './model/time.ts'
import type { Actor } from './model/run.ts'
import type { Side } from './side.ts'
import { answer, workSteps } from './stepped-worker.ts'

/** A client and what is known of her: made on the real gateway before anybody steps through anything. */
export type Case = {
  readonly client: Enrolled
  readonly run: string
  /** The message told before. */
  readonly message: any
  /** Versions read before, by reference: what is changed is changed from them. */
  readonly versions: ReadonlyMap<string, any>
  /** A signed form that no consent refers to yet. */
  readonly form: string
  readonly lane: { readonly endpoint: string; readonly clientId: string }
  /** The last number of the inbox before she came, and when the actors begin. */
  readonly before: number
  readonly after: number
}

/** One thing that happens, as the model has it and as the real gateway does it. */
export type Deed = {
  readonly name: string
  /** What it writes a version of. */
  readonly writes?: 'consent' | 'care team' | 'task' | 'message'
  /** Whether it may queue something for the webhook, which is what can be started at once. */
  readonly queues: boolean
  readonly program: Actor['program']
  readonly act: (gateway: TestGateway, side: Side, one: Case) => Promise<unknown>
}

const permits = ['identity', 'referral', 'medication.effect', 'benefit.period']
const story = (one: Pick<Case, 'run'>, name = '') => testStory(`${one.run}${name}`)

/** Retries become due, and then the leases of those who were killed end. */
export const clock: Actor = {
  name: 'clock',
  program: function* (world): Program {
    for (const seconds of [6, 31]) {
      yield {
        name: 'time passes',
        tx: undefined,
        run: () => pass(world, seconds),
      }
    }
  },
}

/** What the model knows the message told before by. */
let told = ''
const tellingBefore: Actor = {
  name: 'told before',
  program: function* (world, owner): Program {
    told = yield* tell(world, owner, 'a', 'medication')
  },
}

/** As it stands when the actors begin: the referral told and read, or still waiting; a message waiting. */
export const modelBefore = (isDrained: boolean, isToldBefore: boolean): readonly Actor[] => [
  ...['identity', 'referral'].map((name): Actor => ({
    name,
    program: (world, owner) => tell(world, owner, 'a', 'referral'),
  })),
  ...(isDrained
    ? [
        { name: 'drained before', program: drain },
        { name: 'read before', program: readToTheEnd },
      ]
    : []),
  ...(isToldBefore ? [tellingBefore] : []),
]

function* readToTheEnd(world: World, owner: string): Program {
  yield* readInbox(world, owner)
  world.cursor = (world.db.read(undefined, 'counter', 'inbox')?.next ?? 1) - 1
}

export const prepare = async (
  gateway: TestGateway,
  { run, hetu, isDrained, isToldBefore }: { run: string; hetu: string; isDrained: boolean; isToldBefore: boolean },
): Promise<Case> => {
  const client = await enrol(gateway, { ...testStory(run), hetu }, permits)
  const before = await lastNumber(gateway)
  if (isDrained) {
    await gateway.drain()
    await readAll(gateway, before)
  }
  const after = await lastNumber(gateway)
  const message = isToldBefore
    ? (
        await gateway.call(
          'hospital',
          'POST',
          '/fhir/Communication',
          medicationMessage(story({ run }), client.patient, 'before'),
        )
      ).body
    : undefined
  const form = signedForm(`${run}-again`)
  const binary = (await gateway.call('hospital', 'POST', '/fhir/Binary', form, { 'content-type': 'application/pdf' }))
    .body
  const source = (
    await gateway.call(
      'hospital',
      'POST',
      '/fhir/DocumentReference',
      document(story({ run }, '-again'), client.patient, `Binary/${binary.id}`, form),
    )
  ).body
  const versions = new Map<string, any>()
  for (const [party, reference] of [
    ['hospital', client.consent],
    ['hospital', client.careTeam],
    ['team', client.task],
  ] as const) {
    versions.set(reference, (await gateway.call(party, 'GET', `/fhir/${reference}`)).body)
  }
  const [row] = await gateway.opened.rows('select client_id from patient_link where patient_id = $1', [
    client.patient.split('/')[1],
  ])
  const lane = { endpoint: 'team-webhook', clientId: String(row?.['client_id']) }
  return { client, run, message, versions, form: `DocumentReference/${source.id}`, lane, before, after }
}

const lastNumber = async (gateway: TestGateway): Promise<number> => {
  const [row] = await gateway.opened.rows(
    `select next_delivery - 1 as last from endpoint_counter where endpoint = 'team-inbox'`,
  )
  return Number(row?.['last'] ?? 0)
}

/** Reads everything behind a number. */
export const readAll = async (gateway: TestGateway, after: number): Promise<void> => {
  for (let last = after; ;) {
    const { next } = (await gateway.call('team', 'GET', `/api/inbox?language=en&limit=100&after=${last}`)).body
    if (next === last) return
    last = next
  }
}

const update = (gateway: TestGateway, party: string, before: any, change: (one: any) => void): Promise<unknown> => {
  const next = structuredClone(before)
  change(next)
  const headers = { 'if-match': `W/"${before.meta.versionId}"` }
  return gateway.call(party, 'PUT', `/fhir/${before.resourceType}/${before.id}`, next, headers)
}

const read: Deed['act'] = (gateway, _side, { after }) =>
  gateway.call('team', 'GET', `/api/inbox?language=en&limit=100&after=${after}`)

/** Those who send and read. */
export const takers: readonly Deed[] = [
  {
    name: 'worker',
    queues: false,
    program: (world, owner) => work(world, owner, { rounds: 3, answer: answer(world) }),
    act: (gateway, side, { lane }) => workSteps(gateway, side, { lane, rounds: 3 }),
  },
  {
    name: 'worker of one round',
    queues: false,
    program: (world, owner) => work(world, owner, { rounds: 1, answer: answer(world) }),
    act: (gateway, side, { lane }) => workSteps(gateway, side, { lane, rounds: 1 }),
  },
  { name: 'reader', queues: false, program: readInbox, act: read },
  {
    name: 'sender of medication',
    queues: true,
    program: (world, owner) => tell(world, owner, 'a', 'medication'),
    act: (gateway, _side, one) =>
      gateway.call(
        'hospital',
        'POST',
        '/fhir/Communication',
        medicationMessage(story(one), one.client.patient, 'news'),
      ),
  },
  {
    name: 'sender of a benefit',
    queues: true,
    program: (world, owner) => tell(world, owner, 'a', 'benefit'),
    act: (gateway, _side, one) =>
      gateway.call(
        'hospital',
        'POST',
        '/fhir/Observation',
        rehabilitationSupport(story(one), one.client.patient, '2026-06-30'),
      ),
  },
]

/** Those who change what decisions rest on, or what is queued. */
export const changers: readonly Deed[] = [
  {
    name: 'withdrawal',
    queues: true,
    writes: 'consent',
    program: (world, owner) => withdraw(world, owner, 'a', categories),
    act: (gateway, _side, { client, versions }) =>
      update(gateway, 'hospital', versions.get(client.consent), (one) => (one.status = 'inactive')),
  },
  {
    name: 'withdrawal of one category',
    queues: true,
    writes: 'consent',
    program: (world, owner) => withdraw(world, owner, 'a', ['medication']),
    act: (gateway, _side, { client, versions }) =>
      update(gateway, 'hospital', versions.get(client.consent), (one) => {
        one.provision.provision = one.provision.provision.filter(
          (provision: any) => !provision.code[0].coding[0].code.startsWith('medication'),
        )
      }),
  },
  {
    name: 'leaving the team',
    queues: true,
    writes: 'care team',
    program: (world, owner) => leaveTeam(world, owner, 'a'),
    act: (gateway, _side, { client, versions }) =>
      update(gateway, 'hospital', versions.get(client.careTeam), (one) => (one.status = 'inactive')),
  },
  {
    name: 'turning down',
    queues: false,
    writes: 'task',
    program: (world, owner) => turnDown(world, owner, 'a'),
    act: (gateway, _side, { client, versions }) =>
      update(gateway, 'team', versions.get(client.task), (one) => {
        one.status = 'rejected'
        one.statusReason = { text: 'full' }
      }),
  },
]

/** Those who change only what was told, permit more, or let nothing wait: they meet the others as well. */
export const correctors: readonly Deed[] = [
  {
    name: 'sender in a hurry',
    queues: true,
    program: (world, owner) => tell(world, owner, 'a', 'medication', true),
    act: (gateway, _side, one) =>
      gateway.call('hospital', 'POST', '/fhir/Communication', {
        ...medicationMessage(story(one), one.client.patient, 'hurry'),
        priority: 'urgent',
      }),
  },
  {
    name: 'renewal',
    queues: false,
    writes: 'consent',
    program: (world, owner) => renew(world, owner, 'a'),
    act: (gateway, _side, one) =>
      gateway.call(
        'hospital',
        'POST',
        '/fhir/Consent',
        consent(story(one, '-again'), one.client.patient, one.form, permits),
      ),
  },
  {
    name: 'correction',
    queues: true,
    writes: 'message',
    program: (world, owner) => correct(world, owner, told),
    act: (gateway, _side, { message }) => update(gateway, 'hospital', message, () => {}),
  },
  {
    name: 'retraction',
    queues: true,
    writes: 'message',
    program: (world, owner) => retract(world, owner, told),
    act: (gateway, _side, { message }) =>
      update(gateway, 'hospital', message, (one) => (one.status = 'entered-in-error')),
  },
]
