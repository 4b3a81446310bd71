import type { Language } from '../src/domain/party.ts'
import { demoWords } from './demo-words.ts'

/** Prints the story and remembers every step that differed from what it must be. */
export type Stage = {
  readonly words: (typeof demoWords)[Language]
  readonly differences: readonly string[]
  title(text: string): void
  scene(text: string): void
  say(text: string): void
  must(what: string, holds: boolean): void
}

export const stage = (language: Language, write: (line: string) => void): Stage => {
  const words = demoWords[language]
  const differences: string[] = []
  return {
    words,
    differences,
    title: (text) => write(`\n\u001B[1m${text}\u001B[0m\n${'='.repeat(text.length)}`),
    scene: (text) => write(`\n\u001B[1m${text}\u001B[0m`),
    say: (text) => write(`   ${text}`),
    must: (what, holds) => {
      if (holds) return
      differences.push(what)
      write(`   \u001B[31m${words.bad}: ${what}\u001B[0m`)
    },
  }
}
