import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as codes from '../../src/domain/codes.ts'
import { informationCategories, levelsOf, isInformationCategory } from '../../src/domain/information.ts'
import { ERROR_SYSTEM } from '../../src/fhir/outcome.ts'
import { generatedFsh } from '../../tools/profiles.ts'
import { vocabulary } from '../../tools/profiles/vocabulary.ts'

const folder = new URL('../../profiles/', import.meta.url)
const compiled = readdirSync(new URL('compiled/', folder)).map((name) =>
  JSON.parse(readFileSync(new URL(`compiled/${name}`, folder), 'utf8')),
)
const urls = new Set<string>(compiled.map(({ url }) => url))

describe('the profiles and the gateway speak of the same things', () => {
  it('defines every code system and extension that the gateway names as its own', () => {
    const own = Object.values(codes).flatMap((url) =>
      typeof url === 'string' && /\/(CodeSystem|StructureDefinition)\//.test(url) ? [url] : [],
    )
    const ours = own.filter((url) => url.startsWith(codes.CANONICAL))
    expect(ours.length).toBeGreaterThanOrEqual(10)
    expect([...ours, ERROR_SYSTEM].filter((url) => !urls.has(url))).toEqual([])
  })

  it('has compiled the vocabulary as the domain and the catalogues have it now', () => {
    for (const fresh of vocabulary()) {
      expect(
        compiled.find(({ url }) => url === fresh.url),
        fresh.url,
      ).toEqual(JSON.parse(JSON.stringify(fresh)))
    }
  })

  it('has written down the fields of every level as they are told now', () => {
    const committed = readdirSync(new URL('input/fsh/generated/', folder))
    const fresh = generatedFsh()
    expect(committed.toSorted()).toEqual([...fresh.keys()].toSorted())
    for (const [name, text] of fresh) {
      expect(readFileSync(new URL(`input/fsh/generated/${name}`, folder), 'utf8'), name).toBe(text)
    }
  })

  it('names every category and level in Finnish, Swedish and English', () => {
    const words = Object.keys(informationCategories)
      .filter(isInformationCategory)
      .flatMap((category) => [
        category,
        ...levelsOf(category).flatMap((level) => (level ? [`${category}.${level}`] : [])),
      ])
    const system = compiled.find(({ url }) => url === codes.INFORMATION_SYSTEM)
    const concepts = system.concept.flatMap((one: any) => [one, ...(one.concept ?? [])])
    expect(concepts.map(({ code }: any) => code)).toEqual(words)
    for (const { code, display, designation } of concepts) {
      const languages = designation.map(({ language }: any) => language)
      expect([code, ...languages]).toEqual([code, 'fi', 'sv'])
      expect(new Set([display, ...designation.map(({ value }: any) => value)]).size, code).toBeGreaterThan(1)
    }
  })

  it('gives every profile a snapshot, a title and a reason', () => {
    const profiles = compiled.filter(({ resourceType }) => resourceType === 'StructureDefinition')
    expect(profiles.length).toBeGreaterThan(30)
    for (const { id, title, description, snapshot } of profiles) {
      expect([id, title !== undefined, description !== undefined, snapshot?.element.length > 3]).toEqual([
        id,
        true,
        true,
        true,
      ])
    }
  })

  it('binds to nothing that is not defined here or in R4', () => {
    const bound = compiled.flatMap(({ differential }) =>
      (differential?.element ?? []).flatMap(({ binding }: any) => binding?.valueSet ?? []),
    )
    expect(bound.length).toBeGreaterThan(30)
    expect(bound.filter((url: string) => url.startsWith(codes.CANONICAL) && !urls.has(url))).toEqual([])
  })
})
