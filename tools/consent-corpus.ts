import { writeFileSync } from 'node:fs'
import { type Case, lineOf } from '../test/corpus/case.ts'
import { attributes } from '../test/corpus/cases/attributes.ts'
import { candidates } from '../test/corpus/cases/candidates.ts'
import { provisions } from '../test/corpus/cases/provisions.ts'
import { timesAndLabels } from '../test/corpus/cases/times-and-labels.ts'
import { wrongAnswers } from '../test/corpus/cases/wrong-answers.ts'

const parts: Readonly<Record<string, readonly Case[]>> = {
  candidates,
  provisions,
  attributes,
  'times-and-labels': timesAndLabels,
  'wrong-answers': wrongAnswers,
}

/** The corpus as NDJSON, one file a part: cases that any engine which reads FHIR R4 Consents can be asked. */
export const consentCorpus = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(parts).map(([name, cases]) => [
      `${name}.ndjson`,
      cases.map((one, at) => `${lineOf(one, at)}\n`).join(''),
    ]),
  )

/** `node tools/consent-corpus.ts` writes it. */
if (import.meta.main) {
  for (const [name, lines] of Object.entries(consentCorpus())) {
    writeFileSync(new URL(`../test/corpus/consent/${name}`, import.meta.url), lines)
  }
}
