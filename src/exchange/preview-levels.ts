import type { ConsentRecord, Provision } from '../consent/consent-record.ts'
import { contentFor } from '../consent/content-for.ts'
import { partyIdentities, type Standing } from '../consent/decide-disclosure.ts'
import { isRecipient } from '../consent/match-actor.ts'
import { atLevel } from '../consent/redact.ts'
import type { DataFacts } from '../consent/request.ts'
import { informationWord, levelDepth, levelsOf } from '../domain/information.ts'
import type { Language, Party } from '../domain/party.ts'
import type { Content, Update } from '../domain/update.ts'
import { renderContent } from '../language/render-content.ts'
import type { Exchange } from './exchange.ts'

type Texts = Readonly<Record<Language, string>>

/** One kind of news from one party to another: what is read of it, and what each level would say. */
export type Preview = {
  readonly from: string
  readonly to: string
  readonly category: string
  /** `medication.effect`; null when nothing is told. */
  readonly told: string | null
  /** Exactly what the recipient reads; null when nothing is told. */
  readonly text: Texts | null
  readonly levels: readonly { readonly level: string; readonly permitted: boolean; readonly text: Texts }[]
}

type Frame = {
  readonly standing: Standing
  readonly consent: ConsentRecord
  readonly at: number
  readonly caller: Party
}

/** For every party the consent names as recipient, from every one it names as sender, or the caller when it names none. */
export const previewsOf = (
  exchange: Exchange,
  frame: Frame,
  news: readonly { readonly update: Update; readonly facts: DataFacts }[],
): readonly Preview[] => {
  const { consent, caller } = frame
  const named = (isOne: (actor: Provision['actors'][number]) => boolean): readonly Party[] => {
    const names = new Set(
      actorsOf(consent.provision)
        .filter(isOne)
        .flatMap((actor) => actor.names),
    )
    return exchange.parties.all.filter((party) => partyIdentities(party).some((name) => names.has(name)))
  }
  const senders = named(({ role }) => role === 'CST')
  return named(isRecipient).flatMap((to) =>
    (senders.length > 0 ? senders : [caller])
      .filter((from) => from !== to)
      .flatMap((from) => news.map(({ update, facts }) => previewOf(exchange, { ...frame, from, to }, update, facts))),
  )
}

const actorsOf = (node: Provision | undefined): readonly Provision['actors'][number][] =>
  node === undefined ? [] : [...node.actors, ...node.provisions.flatMap(actorsOf)]

const previewOf = (
  { policy }: Exchange,
  { standing, at, from, to }: Frame & { readonly from: Party; readonly to: Party },
  update: Update,
  facts: DataFacts,
): Preview => {
  // Who is in the team may change until the form is signed; the preview says what the consent does.
  const inTeam = { ...standing, members: [{ party: to.id, from: undefined, until: undefined }] }
  const item = { action: 'disclose', sender: from, recipient: to, update, facts, told: undefined } as const
  const tellable = contentFor(item, inTeam, at, policy)
  const content = tellable.outcome === 'permit' ? tellable.content : undefined
  const textOf = (one: Content): Texts => ({
    fi: renderContent(one, 'fi', policy.zone),
    sv: renderContent(one, 'sv', policy.zone),
    en: renderContent(one, 'en', policy.zone),
  })
  const depth = content === undefined ? -1 : levelDepth(content)
  return {
    from: from.name,
    to: to.name,
    category: update.category,
    told: content === undefined ? null : informationWord(content),
    text: content === undefined ? null : textOf(content),
    levels: levelsOf(update.category).flatMap((level) => {
      const code = { category: update.category, level }
      const one = atLevel(update, code, standing.client.nonDisclosure)
      if (one === undefined) return []
      return [{ level: informationWord(code), permitted: levelDepth(code) <= depth, text: textOf(one) }]
    }),
  }
}
