import type { NoticeEndpoint } from '../domain/party.ts'
import { renderSomethingNew } from '../language/render-notice.ts'
import type { Frozen } from './envelope.ts'

type MailContext = {
  readonly id: string
  /** The gateway's own address. */
  readonly from: string
  readonly endpoint: NoticeEndpoint
  /** Epoch milliseconds of the first attempt. */
  readonly at: number
}

/**
 * The e-mail that says that an inbox holds something new (RFC 5322), whole and in ASCII. Made from these four arguments
 * and fixed words only: nothing about a client, a sender, a kind of news or their number could get in.
 *
 * No link: whoever is used to links in these messages will follow one that somebody else has written.
 */
export const writeMail = ({ id, from, endpoint: { to, language }, at }: MailContext): Frozen => {
  const words = renderSomethingNew(language)
  const headers = [
    `Date: ${new Date(at).toUTCString().replace('GMT', '+0000')}`,
    `From: <${from}>`,
    `To: <${to}>`,
    `Message-ID: <${id}@${domainOf(from)}>`,
    `Subject: ${encodedWords(words)}`,
    // RFC 3834: no out-of-office reply to this one.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    `Content-Language: ${language}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
  ]
  const body = base64(`${words}\r\n`).replace(/.{76}(?!$)/g, '$&\r\n')
  return { contentType: 'message/rfc822', body: `${headers.join('\r\n')}\r\n\r\n${body}\r\n` }
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)

/** RFC 2047 §2: encoded words of 75 characters at most, none of which cuts a character in two. */
const encodedWords = (text: string): string =>
  (text.match(/.{1,20}/gu) ?? []).map((part) => `=?utf-8?B?${base64(part)}?=`).join('\r\n ')

const base64 = (text: string): string => Buffer.from(text).toString('base64')
