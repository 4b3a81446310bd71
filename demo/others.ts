import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DemoClient } from './demo-client.ts'
import type { Stage } from './stage.ts'

/** Posts messages that others wrote (test/examples) and shows the answer each gets: exact, never half-taken. */
export const postOthers = async (hospital: DemoClient, show: Stage): Promise<void> => {
  show.title(show.words.others)
  const root = new URL('../test/examples', import.meta.url).pathname
  for (const folder of ['finnish-base', 'nhs-bars', 'hl7v2']) {
    for (const name of readdirSync(join(root, folder)).toSorted()) {
      const text = readFileSync(join(root, folder, name), 'utf8')
      const type = typeOf(text)
      const address = type === 'Bundle' ? '/fhir' : `/fhir/${type}`
      const answer = await hospital.call('POST', address, text, contentType(name))
      const issues: readonly { readonly diagnostics: string; readonly expression?: readonly string[] }[] =
        answer.body?.issue ?? []
      show.say(`${folder}/${name} → HTTP ${answer.status}`)
      for (const issue of issues.slice(0, 3)) show.say(`      ${issue.expression?.[0] ?? ''}  ${issue.diagnostics}`)
      if (issues.length > 3) show.say(`      (+${issues.length - 3})`)
      if (aboutNobody.includes(type)) show.must(`${name} is taken whole`, answer.status === 201)
      else show.must(`${name} gets a clear 4xx: its client is not known here`, String(answer.status).startsWith('4'))
    }
  }
}

const aboutNobody = ['Medication', 'Practitioner']

const typeOf = (text: string): string => /"resourceType"\s*:\s*"([A-Za-z]+)"/.exec(text)?.[1] ?? 'Communication'

const contentType = (name: string): Readonly<Record<string, string>> =>
  name.endsWith('.hl7') ? { 'content-type': 'x-application/hl7-v2+er7' } : {}
