import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { MESSAGE_SYSTEM } from '../../src/domain/codes.ts'
import { messageDefinitionUrl, messageEvents } from '../../src/domain/message-event.ts'

const folder = new URL('../../profiles/compiled/', import.meta.url)
const compiled = readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))

it('publishes a MessageDefinition of every event, with the foci the gateway asks for', () => {
  const definitions = compiled.filter(({ resourceType }) => resourceType === 'MessageDefinition')
  const published = definitions.map(({ url, eventCoding, focus, responseRequired }) => [
    url,
    eventCoding,
    focus.map(({ code, profile, min, max }: any) => ({ type: code, profile, min, max })),
    responseRequired,
  ])
  const events = Object.entries(messageEvents).map(([code, foci]) => [
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
    messageDefinitionUrl(code as keyof typeof messageEvents),
    { system: MESSAGE_SYSTEM, code },
    foci.map(({ type, profile, max }) => ({ type, profile, min: 1, max: max === Infinity ? '*' : String(max) })),
    'always',
  ])
  const byUrl = (lists: readonly (readonly unknown[])[]) => new Map(lists.map(([url, ...rest]) => [url, rest]))
  expect(byUrl(published)).toEqual(byUrl(events))
})

it('names every event in the code system', () => {
  const system = compiled.find(({ url }) => url === MESSAGE_SYSTEM)
  expect(system.concept.map(({ code }: any) => code)).toEqual(Object.keys(messageEvents))
})
