import { CANONICAL } from '../src/domain/codes.ts'
import type { Mutant } from './mutants.ts'
import type { PlacedIssue, Verdict } from './verdict.ts'

export type Disagreement = Mutant & { readonly own: Verdict; readonly engine: Verdict }

type Argument = {
  /** Why the two may differ here. */
  readonly why: string
  /** Whether HL7's engine alone refuses, for this reason and no other. */
  readonly covers: (issue: PlacedIssue) => boolean
}

/** The argument for a disagreement; undefined when it is a fault of one of the judges. Whatever only we refuse is a fault. */
export const argumentFor = ({ own, engine }: Disagreement): string | undefined =>
  own.issues.length > 0
    ? undefined
    : list.find(({ covers }) => engine.issues.length > 0 && engine.issues.every(covers))?.why

/** What an EHR itself has posted comes back to it as it was, also where it breaks a rule of R4 that hurts nobody. */
export const isEcho = ({ code, text }: PlacedIssue): boolean =>
  // An appointment with a start and no end: many EHRs send it, and what is told of it is the start.
  /#app-[23]$/.test(code) ||
  // The answer to a message names what has been recorded and does not repeat it, and its event also when nobody knows it.
  (code === 'Bundle_BUNDLE_Entry_NotFound' && text.includes('MessageHeader')) ||
  (code === 'Terminology_PassThrough_TX_Message' && text.includes('/CodeSystem/ips-message#')) ||
  // Where tokens are made, for clients that look in the CapabilityStatement; there is no address at which people authorize.
  text.includes('Extension.extension:authorize') ||
  // Somebody else's profile is not here to judge by.
  (code === 'Validation_VAL_Profile_Unknown' && !text.includes(CANONICAL))

const list: readonly Argument[] = [
  {
    why: 'a code outside a required binding: R4 lets others use codes we do not know, and nothing is decided by them',
    covers: ({ code }) => code === 'Terminology_PassThrough_TX_Message',
  },
  {
    why: 'the type of a reference where our profile says nothing: whoever follows it looks at what it finds',
    covers: ({ code }) => code.startsWith('Reference_REF_'),
  },
  {
    why: 'a label given twice: it means the same as given once',
    covers: ({ code }) => code === 'Meta_RES_Security_Duplicate',
  },
]
