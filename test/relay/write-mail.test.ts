import { describe, expect, it } from 'vitest'
import { languages } from '../../src/domain/party.ts'
import { writeMail } from '../../src/relay/write-mail.ts'
import { address } from '../support/mailer.ts'

const id = '0192f0c1-2b3c-7d4e-8f90-123456789abc'
const mailIn = (language: (typeof languages)[number]) =>
  writeMail({
    id,
    from: 'gateway@ips.example.fi',
    endpoint: address('kaisa', language),
    at: Date.parse('2026-03-09T08:00:00Z'),
  })

const decoded = (encoded: string): string => Buffer.from(encoded, 'base64').toString('utf8')

describe('the e-mail', () => {
  it.each([
    ['fi', 'Välityspalvelussa on uutta luettavaa.'],
    ['sv', 'Det finns något nytt att läsa i förmedlingstjänsten.'],
    ['en', 'There is something new to read in the gateway.'],
  ] as const)('in %s says one sentence, twice, and has these headers and no other', (language, sentence) => {
    const { body, contentType } = mailIn(language)
    const [head = '', text = ''] = body.split('\r\n\r\n')
    expect(contentType).toBe('message/rfc822')
    expect(decoded(text)).toBe(`${sentence}\r\n`)
    const headers = head.replaceAll('\r\n ', ' ').split('\r\n')
    const [subject = ''] = headers.splice(4, 1)
    const words = [...subject.matchAll(/=\?utf-8\?B\?([A-Za-z0-9+/=]+)\?=/g)].map(([, word = '']) => decoded(word))
    expect(words.join('')).toBe(sentence)
    expect(headers).toEqual([
      'Date: Mon, 09 Mar 2026 08:00:00 +0000',
      'From: <gateway@ips.example.fi>',
      'To: <kaisa@team.example.fi>',
      `Message-ID: <${id}@ips.example.fi>`,
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      `Content-Language: ${language}`,
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
    ])
  })

  it.each(languages)('in %s is ASCII in short, whole lines (RFC 5322 §2.1.1, RFC 2047 §2)', (language) => {
    const { body } = mailIn(language)
    expect(body).toMatch(/^[\x20-\x7e\r\n]+\r\n$/)
    for (const line of body.split('\r\n')) expect(line).toMatch(/^[^\r\n]{0,76}$/)
  })
})
