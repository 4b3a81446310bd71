import type { Config } from './config.ts'
import { createSmtp } from './outbound/smtp.ts'
import { noticeMailChannel } from './relay/notice-mail.ts'
import type { Relay } from './relay/relay.ts'
import { runMailNotices } from './relay/run-mail-notices.ts'
import { domainOf } from './relay/write-mail.ts'

/** Sends notices by e-mail where a server for them is configured; looks after nothing otherwise. */
export const startMailNotices = ({ mail, relay: { deliveryTimeoutSeconds } }: Config, relay: Relay) => {
  if (mail === undefined) return undefined
  const { from, everyMinutes, ...server } = mail
  const smtp = createSmtp({
    ...server,
    // Not the name of this machine, which the mail would carry along.
    name: domainOf(from),
    connectTimeoutMs: 5_000,
    totalTimeoutMs: deliveryTimeoutSeconds * 1000,
    maxAnswerBytes: 64_000,
  })
  return runMailNotices({ ...relay, channel: noticeMailChannel(smtp, from), from, everyMs: everyMinutes * 60_000 })
}
