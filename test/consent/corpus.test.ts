import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answerLine } from '../../src/cli/consent-decide.ts'
import { consentCorpus } from '../../tools/consent-corpus.ts'

type Line = { readonly id: string; readonly rule: string; readonly expect: { readonly reason: string } }

const folder = new URL('../corpus/consent/', import.meta.url)
const files = readdirSync(folder)
const linesOf = (file: string): readonly string[] =>
  readFileSync(new URL(file, folder), 'utf8').split('\n').filter(Boolean)
const lines = files.flatMap(linesOf).map((text) => ({ text, ...(JSON.parse(text) as Line) }))

describe('the corpus', () => {
  it('is what its cases say', () => {
    expect(Object.fromEntries(files.map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]))).toEqual(
      consentCorpus(),
    )
  })
  it('has for every rule a case that permits and one that refuses', () => {
    expect(lines.length).toBeGreaterThan(200)
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length)
    for (const rule of [
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '10',
      '11',
      '12',
      '13',
      '14',
      '15',
      '16',
      '17',
      '18',
      '19',
      '20',
      'wrong-answers',
    ]) {
      const reasons = lines.filter((line) => line.rule === rule).map((line) => line.expect.reason)
      expect(reasons, rule).toContain('permitted')
      expect(reasons.filter((reason) => reason !== 'permitted').length, rule).toBeGreaterThan(0)
    }
  })
  it.each(files)('%s', (file) => {
    for (const text of linesOf(file)) {
      const { id, expect: expected } = JSON.parse(text) as Line
      expect(answerLine(text, 1), id).toMatchObject({ id, ...expected })
    }
  })
  it('is answered the same with its consents in the opposite order', () => {
    for (const { text } of lines) {
      const one = JSON.parse(text) as { readonly consents: readonly unknown[] }
      const turned = JSON.stringify({ ...one, consents: one.consents.toReversed() })
      expect(answerLine(turned, 1)).toEqual(answerLine(text, 1))
    }
  })
  it('is denied by a plan only where its resource is denied', () => {
    for (const { text, id } of lines) {
      const one = JSON.parse(text) as { readonly request: object }
      const planned = answerLine(JSON.stringify({ ...one, request: { ...one.request, resource: undefined } }), 1)
      const answer = answerLine(text, 1)
      if (planned.id === null || answer.id === null) throw new Error(id)
      if (planned.outcome === 'deny') expect(answer.outcome, id).toBe('deny')
    }
  })
})
