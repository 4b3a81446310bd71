import * as fc from 'fast-check'
import { CANARY } from './hostile-values.ts'

/** Changes to the text of a message that no JSON value could show: syntax, numbers, repeated names, encoding. */
export const textMutationsOf = (text: string): fc.Arbitrary<string | Uint8Array> => {
  const place = fc.nat(text.length)
  const insert = (words: fc.Arbitrary<string>) =>
    fc.tuple(place, words).map(([at, word]) => text.slice(0, at) + word + text.slice(at))
  const replaceOne = (pattern: RegExp, words: readonly string[]): fc.Arbitrary<string> => {
    const matches = [...text.matchAll(pattern)]
    return fc.tuple(fc.nat(Math.max(0, matches.length - 1)), fc.constantFrom(...words)).map(([n, word]) => {
      const match = matches[n]
      if (match === undefined) return `${word}${text}`
      return text.slice(0, match.index) + word + text.slice(match.index + match[0].length)
    })
  }
  return fc.oneof(
    place.map((at) => text.slice(0, at)),
    fc.tuple(place, fc.nat(20)).map(([at, many]) => text.slice(0, at) + text.slice(at + many + 1)),
    insert(fc.constantFrom(...INSERTED)),
    insert(fc.string({ unit: 'binary', maxLength: 8 })),
    replaceOne(/true|false|-?\d+(\.\d+)?(?=[,}\]])/g, NUMBERS),
    replaceOne(/"(?=[^"]+":)/g, ['"status":"x","', '"resourceType":"Patient","', '"\\u0069d":"a","id":"b","', '"\\']),
    replaceOne(/:/g, [': ', ':\u00A0', ':\uFEFF', '::', '=', ':\u0000']),
    fc.constant(text.replaceAll(/[a-z]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)),
    fc.constantFrom(`\uFEFF${text}`, `${text}${text}`, `${text}\u0000`, `[${text}]`, JSON.stringify(text), ''),
    fc.tuple(place, fc.constantFrom(...BYTES)).map(([at, bytes]) => withBytes(text, at, bytes)),
    fc.constantFrom('utf16le', 'latin1', 'base64').map((encoding) => Buffer.from(text, encoding as BufferEncoding)),
  )
}

const INSERTED = ['"', '\\', '{', '}', '[', ']', ',', ':', '/*', '//', '\u0000', "'", 'null', '{"a":', `"${CANARY}":1,`]
const NUMBERS = [
  '1e400',
  '-1e400',
  '-0',
  '0.1e-400',
  '01',
  '1.',
  '.5',
  '+1',
  '0x10',
  'NaN',
  'Infinity',
  '1'.repeat(400),
]
const BYTES: readonly (readonly number[])[] = [
  [0xc0, 0x80],
  [0xff],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe4],
  [0],
]

const withBytes = (text: string, at: number, bytes: readonly number[]): Uint8Array =>
  Buffer.concat([Buffer.from(text.slice(0, at)), Uint8Array.from(bytes), Buffer.from(text.slice(at))])
