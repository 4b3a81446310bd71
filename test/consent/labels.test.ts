import { describe, expect, it } from 'vitest'
import type { Code } from '../../src/consent/consent-record.ts'
import { labelsMatch } from '../../src/consent/labels.ts'
import { ACT_REASON_SYSTEM, FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE } from '../../src/domain/codes.ts'
import { answerTo, code, confidentiality, deny, permit, request, sensitivity, withFacts } from './build.ts'

const label = (word: string): Code => (word.length === 1 ? confidentiality(word) : sensitivity(word))
const labels = (words: string): readonly Code[] => (words === '' ? [] : words.split(' ').map(label))
const permits = (wanted: string, data: string) => labelsMatch('permit', labels(wanted), labels(data))
const denies = (wanted: string, data: string) => labelsMatch('deny', labels(wanted), labels(data))
const foreign = code('urn:hospital:labels', 'celebrity')
const turvakielto = code(FINNISH_LABEL_SYSTEM, NON_DISCLOSURE_CODE)

describe('confidentiality (rule 15)', () => {
  it('a permit for a level covers data up to it', () => {
    expect(
      'ULMNRV'
        .split('')
        .map((level) => permits('N', level))
        .join(''),
    ).toBe('TTTTFF')
    expect(permits('V', 'V')).toBe('T')
    expect(permits('U', 'L')).toBe('F')
  })
  it('a deny of a level covers data from it on', () => {
    expect(
      'ULMNRV'
        .split('')
        .map((level) => denies('N', level))
        .join(''),
    ).toBe('FFFTTT')
    expect(denies('U', 'U')).toBe('T')
    expect(denies('V', 'R')).toBe('F')
  })
  it('the widest of several bounds counts, and the highest of several labels on the data', () => {
    expect(permits('L R', 'N')).toBe('T')
    expect(permits('R', 'N V')).toBe('F')
    expect(denies('V N', 'R')).toBe('T')
    expect(denies('R', 'L R')).toBe('T')
  })
  it('any sensitivity raises data to restricted', () => {
    expect(permits('N', 'N PSY')).toBe('F')
    expect(permits('R', 'N PSY')).toBe('T')
    expect(permits('N', 'PSY')).toBe('F')
    expect(denies('R', 'L ETH')).toBe('T')
    expect(denies('V', 'V ETH')).toBe('T')
    expect(permits('R', 'V ETH')).toBe('F')
  })
})

describe('sensitivity (rule 15)', () => {
  it('a permit must list every sensitivity of the data', () => {
    expect(permits('PSY', 'R PSY')).toBe('T')
    expect(permits('PSY ETH', 'R PSY')).toBe('T')
    expect(permits('PSY', 'R PSY ETH')).toBe('F')
    expect(permits('PSY', 'R')).toBe('T')
  })
  it('a deny matches on any sensitivity of the data', () => {
    expect(denies('PSY', 'R PSY ETH')).toBe('T')
    expect(denies('PSY HIV', 'R HIV')).toBe('T')
    expect(denies('PSY', 'R ETH')).toBe('F')
    expect(denies('PSY', 'R')).toBe('F')
    expect(denies('PSY', 'ETH')).toBe('F')
    expect(permits('PSY', 'PSY')).toBe('T')
  })
})

describe('labels of several dimensions', () => {
  it('a permit for restricted psychiatric data does not cover restricted data on addiction', () => {
    expect(permits('R PSY', 'R PSY')).toBe('T')
    expect(permits('R PSY', 'R ETH')).toBe('F')
    expect(permits('R PSY', 'V PSY')).toBe('F')
    expect(permits('N PSY', 'R PSY')).toBe('F')
  })
  it('a deny of very restricted or psychiatric data covers either', () => {
    expect(denies('V PSY', 'R PSY')).toBe('T')
    expect(denies('V PSY', 'V')).toBe('T')
    expect(denies('V PSY', 'R ETH')).toBe('F')
  })
})

describe('labels nobody can decide', () => {
  it('unlabelled data is unknown where a provision tests labels, and only there', () => {
    expect(permits('R', '')).toBe('U')
    expect(denies('R', '')).toBe('U')
    expect(permits('PSY', '')).toBe('U')
    expect(denies('PSY', '')).toBe('U')
    expect(permits('', '')).toBe('T')
    expect(answerTo(permit())).toBe('permitted')
    expect(answerTo(permit({ securityLabels: labels('R') }))).toBe('indeterminate')
    expect(answerTo(permit({}, deny({ securityLabels: labels('PSY') })))).toBe('indeterminate')
  })
  it('a label of an unknown system casts doubt on every permission', () => {
    expect(labelsMatch('permit', labels('V'), [...labels('N'), foreign])).toBe('U')
    expect(labelsMatch('permit', labels('PSY'), [...labels('R PSY'), foreign])).toBe('U')
    expect(labelsMatch('deny', labels('ETH'), [...labels('R PSY'), foreign])).toBe('U')
    expect(labelsMatch('deny', labels('V'), [...labels('N'), foreign])).toBe('U')
  })
  it('it casts no doubt on what already refuses', () => {
    expect(labelsMatch('deny', labels('PSY'), [...labels('R PSY'), foreign])).toBe('T')
    expect(labelsMatch('deny', labels('N'), [...labels('R'), foreign])).toBe('T')
    expect(labelsMatch('permit', labels('N'), [...labels('R'), foreign])).toBe('F')
  })
  it('a sensitivity code nobody listed is unknown, never absent', () => {
    expect(permits('PSY', 'R PSY IPVX')).toBe('U')
    expect(denies('PSY', 'R IPVX')).toBe('U')
    expect(denies('IPVX', 'R PSY')).toBe('U')
  })
  it('a confidentiality code that does not exist is unknown', () => {
    expect(permits('V', 'X')).toBe('U')
    expect(denies('X', 'N')).toBe('U')
  })
  it('obligations and TURVAKIELTO on data are no sensitivity', () => {
    const handled = [...labels('N'), sensitivity('NORDSCLCD'), turvakielto]
    expect(labelsMatch('permit', labels('N'), handled)).toBe('T')
    expect(labelsMatch('deny', labels('R'), handled)).toBe('F')
    expect(labelsMatch('permit', labels('N'), [sensitivity('NORDSCLCD')])).toBe('U')
  })
  it.each([
    ['an obligation', sensitivity('NORDSCLCD')],
    ['TURVAKIELTO', turvakielto],
    ['a purpose', code(ACT_REASON_SYSTEM, 'TREAT')],
    ['a label of another system', foreign],
  ])('a provision that tests only %s is unknown: no permit, and no lost deny', (_what, wanted) => {
    const restricted = withFacts({ labels: labels('R PSY') })
    expect(answerTo(permit({ securityLabels: [wanted] }), restricted)).toBe('indeterminate')
    expect(answerTo(permit({}, deny({ securityLabels: [wanted] })), restricted)).toBe('indeterminate')
    expect(labelsMatch('permit', [wanted, ...labels('N')], labels('R'))).toBe('F')
    expect(labelsMatch('deny', [wanted, ...labels('N')], labels('R'))).toBe('T')
  })
  it('without data a provision on labels is unknown', () => {
    const plan = { ...request(), data: undefined }
    expect(answerTo(permit({ securityLabels: labels('R') }), plan)).toBe('indeterminate')
    expect(answerTo(permit(), plan)).toBe('permitted')
  })
})
