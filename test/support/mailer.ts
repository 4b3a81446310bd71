import type { NoticeEndpoint, Party } from '../../src/domain/party.ts'
import type { Channel, Delivery } from '../../src/relay/channel.ts'
import type { Mailer } from '../../src/relay/mail-notices.ts'
import { testParties, type TestGateway } from './gateway.ts'

export const EVERY_MS = 3_600_000

export const address = (id: string, language: NoticeEndpoint['language'] = 'en'): NoticeEndpoint => ({
  id,
  channel: 'notice',
  to: `${id}@team.example.fi`,
  language,
})

/** The test parties, with addresses beside an inbox. */
export const partiesWithAddresses = (
  addresses: Readonly<Record<string, readonly NoticeEndpoint[]>>,
): readonly Party[] =>
  testParties().map((party) => ({ ...party, endpoints: [...party.endpoints, ...(addresses[party.id] ?? [])] }))

export type Mailed = { readonly to: string; readonly id: string; readonly raw: string }

/** A mailer over a test gateway whose mails stay here; they are delivered unless told otherwise. */
export const testMailer = (gateway: TestGateway, channel?: Channel) => {
  const mails: Mailed[] = []
  const answers = { next: (_mail: Mailed): Delivery | Promise<Delivery> => ({ outcome: 'delivered' }) }
  const recording: Channel = {
    deliver: async (endpoint, envelope) => {
      const mail = { to: endpoint.channel === 'notice' ? endpoint.to : '', id: envelope.id, raw: envelope.body }
      mails.push(mail)
      return answers.next(mail)
    },
  }
  const mailer: Mailer = {
    ...gateway.relay,
    channel: channel ?? recording,
    from: 'gateway@ips.example.fi',
    everyMs: EVERY_MS,
  }
  return { mailer, mails, answers }
}
