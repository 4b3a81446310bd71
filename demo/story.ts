import type { Language } from '../src/domain/party.ts'
import type { DemoClient, Reply } from './demo-client.ts'
import type { Receiver } from './receiver.ts'
import type { Stage } from './stage.ts'
import {
  careNegotiation,
  type Json,
  medicationChange,
  medicationMessage,
  patient,
  referralBundle,
  rehabilitationSupport,
  type Story,
} from './story-resources.ts'

export type Cast = {
  readonly hospital: DemoClient
  readonly team: DemoClient
  readonly office: DemoClient
  readonly portal: DemoClient
  readonly tool: Receiver
}

/** Acceptance test number one, played for real against a running gateway. */
export const playStory = async (cast: Cast, story: Story, language: Language, show: Stage): Promise<void> => {
  const { words } = show
  show.title(words.title)
  const places = await referral(cast, story, language, show)
  const inbox = inboxOf(cast, language, show)

  show.scene(words.preview)
  const asked = {
    recipient: `${story.team.system}|${story.team.value}`,
    input: medicationMessage(story, places.patient, 'preview'),
  }
  const preview = await cast.hospital.call('POST', `/api/explain?language=${language}`, asked)
  show.say(`“${preview.body.explanations?.[0]?.text}”`)
  show.must(
    'the preview is a permit at level medication.effect',
    preview.body.explanations?.[0]?.category === 'medication.effect',
  )

  show.scene(words.monday)
  await posted(show, cast.hospital.call('POST', '/fhir', medicationChange(story, places.patient)))
  show.scene(words.tuesday)
  const meeting = careNegotiation(story, places.patient, inDays(story, 6, '13:00'), { identifier: story.team })
  await posted(show, cast.hospital.call('POST', '/fhir/Appointment', meeting))
  show.scene(words.wednesday)
  await posted(
    show,
    cast.hospital.call(
      'POST',
      '/fhir/Observation',
      rehabilitationSupport(story, places.patient, inDays(story, 110).slice(0, 10)),
    ),
  )
  const news = await inbox()
  show.must('the coach sees exactly three pieces of news', news.length === 3)
  show.must(
    'no drug, dose, kind or amount is told',
    // What is said, not the ids and times beside it: a random id may well hold a 300.
    !/Ketiapiini|300|tabletti|812|started|aloit/i.test(JSON.stringify(news.map(({ text, fields }) => [text, fields]))),
  )
  await hooksArrive(cast, show, 5)

  await withdrawal(cast, story, places, show)
  await inbox()

  show.scene(words.friday)
  const refused = await cast.hospital.call('POST', '/fhir', medicationChange(story, places.patient, 'friday'))
  show.say(`HTTP ${refused.status}: ${refused.body.issue?.[0]?.diagnostics}`)
  show.say(words.refused)
  show.must('a change after the withdrawal is refused', refused.status === 403)

  show.scene(words.hospitalReport)
  const report = await cast.hospital.call('GET', `/api/disclosures?client=${places.patient}&language=${language}`)
  for (const line of report.body.items) show.say(`${line.text}${line.channel ? ` [${line.channel}]` : ''}`)
  const states = report.body.items.map((line: any) => line.state)
  show.must(
    'both the withheld and the refused change are shown to the sender',
    states.includes('withheld') && states.includes('refused'),
  )

  await office(cast, story, show)
  await ownLog(cast, story, language, show)
}

type Places = { readonly patient: string; readonly consent: string; readonly task: string }

const referral = async (cast: Cast, story: Story, language: Language, show: Stage): Promise<Places> => {
  const { words } = show
  show.scene(words.referral)
  const answer = await posted(show, cast.hospital.call('POST', '/fhir', referralBundle(story)))
  const place = (index: number): string =>
    String(answer.body.entry?.[index]?.response.location).split('/_history')[0] ?? ''
  const places = { patient: place(0), consent: place(5), task: place(7) }
  const news = await inboxOf(cast, language, show)()
  show.must('the team learns who and what for', news.map((item) => item['category']).join() === 'identity,referral')
  show.scene(words.accepted)
  const task = await cast.team.call('GET', `/fhir/${places.task}`)
  const accepted = { ...task.body, status: 'accepted' }
  const put = await cast.team.call('PUT', `/fhir/${places.task}`, accepted, {
    'if-match': task.headers.get('etag') ?? '',
  })
  show.must('the team may accept the referral', put.status === 200 && put.body.status === 'accepted')
  show.scene(words.hospitalInbox)
  const hospital = await cast.hospital.call(
    'GET',
    `/api/inbox?language=${language}&after=${await newest(cast.hospital, 1)}`,
  )
  for (const item of hospital.body.items) show.say(item.text)
  show.must('the hospital hears of the answer', hospital.body.items.length === 1)
  return places
}

const withdrawal = async (cast: Cast, story: Story, places: Places, show: Stage): Promise<void> => {
  const { words } = show
  show.scene(words.away)
  await cast.tool.close()
  await posted(show, cast.hospital.call('POST', '/fhir', medicationChange(story, places.patient, 'queued')))
  await new Promise((resolve) => setTimeout(resolve, 300))

  show.scene(words.thursday)
  const consent = await cast.hospital.call('GET', `/fhir/${places.consent}`)
  const { provision } = consent.body
  const rest = provision.provision.filter((one: any) => !one.code[0].coding[0].code.startsWith('medication'))
  const less = { ...consent.body, provision: { ...provision, provision: rest } }
  const put = await cast.hospital.call('PUT', `/fhir/${places.consent}`, less, {
    'if-match': consent.headers.get('etag') ?? '',
  })
  show.must('the withdrawal is recorded', put.status === 200)
  const before = cast.tool.hooks.length
  await cast.tool.open()
  show.say(words.withheld)
  await hooksArrive(cast, show, before + 1)
  const after = cast.tool.hooks.slice(before)
  show.must('after the withdrawal only a notice leaves', after.length === 1 && !/"medication/.test(after[0]?.raw ?? ''))
}

/** Shows what is new in the coach's inbox since the last look. */
const inboxOf = (cast: Cast, language: Language, show: Stage) => {
  let after: number | undefined
  return async (): Promise<readonly Json[]> => {
    after ??= await newest(cast.team, 0)
    const page = await cast.team.call('GET', `/api/inbox?language=${language}&after=${after}`)
    after = page.body.next
    show.scene(show.words.teamInbox)
    for (const item of page.body.items) show.say(`“${item.text}”`)
    return page.body.items
  }
}

const seen = new WeakMap<DemoClient, number>()

/** Where an inbox stood before this run; other runs of the demonstration may have filled it. */
export const rememberInbox = async (client: DemoClient): Promise<void> => {
  let after = 0
  for (;;) {
    const page = await client.call('GET', `/api/inbox?limit=100&after=${after}`)
    if (page.body.next === after) break
    after = page.body.next
  }
  seen.set(client, after)
}

const newest = async (client: DemoClient, _minimum: number): Promise<number> => {
  const after = seen.get(client) ?? 0
  const page = await client.call('GET', `/api/inbox?limit=100&after=${after}`)
  // The referral is read in the first look; later looks start behind it.
  seen.set(client, page.body.next)
  return after
}

const posted = async (show: Stage, reply: Promise<Reply>): Promise<Reply> => {
  const answer = await reply
  const notes = (answer.body?.entry ?? []).flatMap((entry: any) => entry.response.outcome?.issue ?? [])
  for (const note of notes) show.say(note.diagnostics)
  show.must(`the gateway takes it (HTTP ${answer.status})`, answer.status === 200 || answer.status === 201)
  return answer
}

/** Waits for webhooks as a person would: some seconds, not for ever. */
const hooksArrive = async (cast: Cast, show: Stage, count: number): Promise<void> => {
  const until = Date.now() + 15_000
  while (cast.tool.hooks.length < count && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 25))
  show.scene(show.words.teamWebhook)
  for (const hook of cast.tool.hooks.slice(-3)) show.say(`“${hook.text}”`)
  show.must(`${count} webhooks have arrived`, cast.tool.hooks.length === count)
  show.must(
    'every webhook is signed',
    cast.tool.hooks.every(({ genuine }) => genuine),
  )
}

const office = async (cast: Cast, story: Story, show: Stage): Promise<void> => {
  show.scene(show.words.office)
  const own = await cast.office.call('POST', '/fhir/Patient', patient(story))
  const inbox = await cast.office.call('GET', '/api/inbox')
  const report = await cast.office.call('GET', `/api/disclosures?client=Patient/${own.body.id}`)
  show.must('the employment service gets the answer everybody gets', own.status === 201)
  show.must('the employment service sees nothing', inbox.body.items.length === 0 && report.body.items.length === 0)
  show.say(show.words.officeNothing)
}

const ownLog = async (cast: Cast, story: Story, language: Language, show: Stage): Promise<void> => {
  show.scene(show.words.log)
  const own = await cast.portal.call('POST', '/fhir/Patient', patient(story))
  const log = await cast.portal.call('GET', `/api/log?client=Patient/${own.body.id}&language=${language}`)
  for (const entry of log.body.entries) show.say(entry.text)
  const kinds = log.body.entries.map((entry: any) => entry.kind)
  for (const kind of ['consent-recorded', 'told', 'consent-changed', 'not-told']) {
    show.must(`the log shows: ${kind}`, kinds.includes(kind))
  }
}

/** Helsinki time some days after today. */
const inDays = (story: Story, days: number, time = '12:00'): string => {
  const day = new Date(Date.parse(`${story.today}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
  return `${day}T${time}:00+02:00`
}
