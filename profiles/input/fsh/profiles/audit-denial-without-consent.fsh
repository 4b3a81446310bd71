Profile: AuditDenialWithoutConsent
Parent: AuditEvent
Id: audit-denial-without-consent
Title: "Audit of a denial without consent"
Description: "Something was not told because no consent of the client covers it, or because no consent ever could."
* . ^requirements = "BALP AuthZconsent needs a consent, and most denials are denials because there is none."
* insert AuditCommon
* type = $dcm#110113
* subtype 1..1
* subtype = $balp-authz#AuthZ-Consent
* action 1..1
* action = #E
* outcome = #8
* outcomeDesc 1..1
* outcomeDesc ^comment = "A code of `ips-refusal-reason` or of a rule no consent can lift; never words about the client."
* agent contains sender 1..1 and recipient 1..*
* agent[sender].type = $dcm#110150
* agent[recipient].type = $participation#IRCP
* entity contains consent 0..0
* entity[consent].type = $resource-types#Consent
