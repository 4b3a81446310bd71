import { ACT_REASON_SYSTEM, INFORMATION_SYSTEM } from '../domain/codes.ts'
import type { ConsentFindingCode } from '../domain/consent-finding.ts'
import { parseInformationCode } from '../domain/information.ts'
import { purposes } from '../domain/purpose.ts'
import type { Effect, Provision } from './consent-record.ts'
import { isForbiddenPurpose } from './hard-rules.ts'
import { labelsMatch } from './labels.ts'
import { type ConsentFinding, finding } from './finding.ts'
import { isRecipient, isUnknownRole } from './match-actor.ts'
import { purposeCovers } from './purpose-table.ts'
import { inherit, type Scope } from './scope.ts'

type Place = {
  readonly path: string
  /** 1 = root. Our form has permits right below the root and exceptions nowhere. */
  readonly depth: number
  readonly outer: Scope | undefined
  readonly parent: Effect | undefined
  /** The Consent is for research. */
  readonly research: boolean
}

/** Rule 25 for one provision and everything nested in it. */
export const lintProvision = (node: Provision, place: Place): readonly ConsentFinding[] => {
  const scope = inherit(place.outer, node)
  const codes = checks.filter(([, applies]) => applies(node, scope, place)).map(([code]) => code)
  return [
    ...codes.map((code) => finding(code, place.path)),
    ...node.provisions.flatMap((child, index) =>
      lintProvision(child, {
        ...place,
        path: `${place.path}.provision[${index}]`,
        depth: place.depth + 1,
        outer: scope,
        parent: node.type,
      }),
    ),
  ]
}

const DEEPEST = 2

const isResearch = (code: Parameters<typeof purposeCovers>[1]): boolean =>
  purposeCovers({ system: ACT_REASON_SYSTEM, code: 'HRESCH' }, code) !== 'F' ||
  purposeCovers(purposes.research, code) !== 'F'

type Check = (node: Provision, scope: Scope, place: Place) => boolean

const checks: readonly (readonly [ConsentFindingCode, Check])[] = [
  ['unreadable', ({ unreadable }) => unreadable.length > 0],
  ['nested-type-missing', ({ type }, _scope, { depth }) => depth > 1 && type === undefined],
  // Rule 6: what is no default any more; a withdrawal written as an update can leave it behind.
  [
    'root-deny-alone',
    ({ type, provisions }, _scope, { depth }) =>
      depth === 1 && type === 'deny' && provisions.every((child) => child.type === undefined),
  ],
  ['deny-under-deny', ({ type }, _scope, { parent }) => type === 'deny' && parent === 'deny'],
  ['nested-too-deep', (_node, _scope, { depth }) => depth > DEEPEST],
  ['role-unknown', ({ actors }) => actors.some(isUnknownRole)],
  ['actor-unresolved', ({ actors }) => actors.some(({ names }) => names.length === 0)],
  ['recipient-missing', ({ type }, { actors }) => type === 'permit' && !actors.some(isRecipient)],
  ['purpose-missing', ({ type }, scope) => type === 'permit' && scope.purposes.length === 0],
  ['purpose-never-allowed', (node) => node.type === 'permit' && node.purposes.some(isForbiddenPurpose)],
  [
    'research-needs-own-consent',
    (node, _scope, { research }) =>
      node.type === 'permit' && node.purposes.some((code) => isResearch(code) !== research),
  ],
  ['period-invalid', ({ period, dataPeriod }) => period === 'invalid' || dataPeriod === 'invalid'],
  [
    'code-unknown',
    ({ codes }) =>
      codes.some(({ system, code }) => system === INFORMATION_SYSTEM && parseInformationCode(code) === undefined),
  ],
  // Asked of itself, a label that can be decided at all covers itself.
  ['label-undecidable', ({ securityLabels }) => labelsMatch('permit', securityLabels, securityLabels) === 'U'],
  [
    'no-effect',
    ({ type, provisions }, _scope, { depth }) => depth === 1 && type === undefined && provisions.length === 0,
  ],
]
