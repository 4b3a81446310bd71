import { relativeReference, renameReferences } from './references.ts'

/**
 * References as this gateway keeps them: an absolute address of its own becomes the relative one it stands for, and in a
 * Bundle a relative reference names the entry whose `fullUrl` has the same root (R4 bundle.html#references).
 *
 * @param base address of the FHIR service, without slash at its end
 */
export const ownReferences = (
  resource: unknown,
  {
    base,
    fullUrl,
    fullUrls,
  }: { readonly base: string; readonly fullUrl?: string; readonly fullUrls?: ReadonlySet<string> },
): unknown => {
  const root = rootOf(fullUrl)
  return renameReferences(resource, (reference, isLink) => {
    if (reference.startsWith(`${base}/`)) {
      const rest = reference.slice(base.length + 1)
      // Any other url may be a word that only looks like an address here: that of an extension.
      return isLink || rest.startsWith('Binary/') ? rest : reference
    }
    return root !== undefined && fullUrls?.has(`${root}${reference}`) === true ? `${root}${reference}` : reference
  })
}

/** `https://ehr.example/fhir/Patient/1` → `https://ehr.example/fhir/`. */
const rootOf = (fullUrl: string | undefined): string | undefined => {
  const [, root, rest] = /^(https?:\/\/\S+\/)([A-Z][A-Za-z]+\/[^/\s]+)$/.exec(fullUrl ?? '') ?? []
  return rest !== undefined && relativeReference(rest) !== undefined ? root : undefined
}
