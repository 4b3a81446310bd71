Extension: ConsentVerifiedBy
Id: consent-verified-by
Title: "Who verified a consent"
Description: "The party that checked who signed and what was signed."
Context: Consent.verification
* . ^requirements = "R4 `verification` names whom it was verified with, not who verified; a recipient must not vouch for itself."
* . 0..1
* value[x] 1..1
* value[x] only Reference(Organization or PractitionerRole)
