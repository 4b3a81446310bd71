import { ACT_REASON_SYSTEM, LOCAL_PURPOSE_SYSTEM } from '../domain/codes.ts'
import type { Code } from './consent-record.ts'
import { sameCode } from './match-code.ts'
import { some, type Truth } from './truth.ts'

/** Changes with every change of the table below; part of the engine's version in every record. */
export const PURPOSE_TABLE_VERSION = '1'

const hl7 = (code: string): Code => ({ system: ACT_REASON_SYSTEM, code })

/**
 * Rule 13: which purposes a stated purpose covers besides itself (HL7 v3-ActReason, PurposeOfUse; closed under "covers").
 * Left out on purpose: TREAT does not cover clinical trials (research asks for its own Consent) nor break-glass purposes
 * (refused here anyway), and HOPERAT covers nothing, because a client who permits "operations" has not read its list.
 */
const coverage: readonly (readonly [covering: Code, covered: readonly Code[]])[] = [
  [hl7('TREAT'), [hl7('COC'), hl7('POPHLTH')]],
  [hl7('PATRQT'), [hl7('FAMRQT'), hl7('PWATRNY'), hl7('SUPNWK')]],
  [
    hl7('HRESCH'),
    [
      ...['BIORCH', 'CLINTRCH', 'CLINTRCHNPC', 'CLINTRCHPC', 'PRECLINTRCH', 'DSRCH', 'POARCH', 'TRANSRCH'].map(hl7),
      { system: LOCAL_PURPOSE_SYSTEM, code: 'research' },
    ],
  ],
  [hl7('CLINTRCH'), [hl7('CLINTRCHNPC'), hl7('CLINTRCHPC'), hl7('PRECLINTRCH')]],
]

/**
 * Whether a stated purpose is, or covers, the one asked. Never the other way round: who forbids or permits a part has
 * said nothing about the whole.
 */
export const purposeCovers = (stated: Code, asked: Code): Truth => {
  const same = sameCode(stated, asked)
  if (same !== 'F') return same
  return some(coverage, ([covering, covered]) => {
    const one = sameCode(covering, stated)
    if (one === 'F') return 'F'
    const other = some(covered, (code) => sameCode(code, asked))
    return one === 'T' ? other : other === 'F' ? 'F' : 'U'
  })
}
