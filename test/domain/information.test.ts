import { describe, expect, it } from 'vitest'
import {
  informationCategories,
  informationWord,
  isInformationCategory,
  levelDepth,
  levelsOf,
  parseInformationCode,
} from '../../src/domain/information.ts'

const categories = Object.keys(informationCategories).filter(isInformationCategory)

describe('the categories a client can consent to', () => {
  it('every category and level reads back from its own word', () => {
    for (const category of categories) {
      for (const level of [undefined, ...levelsOf(category)]) {
        expect(parseInformationCode(informationWord({ category, level }))).toEqual({ category, level })
      }
    }
  })
  it('anything else is no category', () => {
    for (const word of [
      '',
      'Medication',
      'medication.',
      'medication.brand',
      'medication.change.x',
      'constructor',
      '__proto__',
    ]) {
      expect(parseInformationCode(word)).toBeUndefined()
    }
  })
  it('levels go from shallow to deep, and a bare category is the shallowest', () => {
    expect(levelsOf('medication').map((level) => levelDepth({ category: 'medication', level }))).toEqual([0, 1, 2])
    expect(levelDepth({ category: 'medication', level: undefined })).toBe(0)
    expect(levelsOf('identity')).toEqual([undefined])
  })
  it('health and attendance go to teams only', () => {
    const open = categories.filter((category) => !informationCategories[category].teamsOnly)
    expect(open).toEqual(['identity', 'background', 'employment', 'closure'])
  })
})
