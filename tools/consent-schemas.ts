import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { ConsentAnswer, ConsentCase } from '../src/cli/consent-case.ts'

/** The published JSON Schemas of the dry run's lines, as text. */
export const consentSchemas = (): Readonly<Record<string, string>> => ({
  'consent-case.schema.json': text(z.toJSONSchema(ConsentCase, { io: 'input' })),
  'consent-answer.schema.json': text(z.toJSONSchema(ConsentAnswer)),
})

const text = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`

/** `node tools/consent-schemas.ts` writes them. */
if (import.meta.main) {
  for (const [name, schema] of Object.entries(consentSchemas())) {
    writeFileSync(new URL(`../schemas/${name}`, import.meta.url), schema)
  }
}
