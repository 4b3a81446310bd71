Extension: ConsentWithdrawal
Id: consent-withdrawal
Title: "Withdrawal of a consent or a part of it"
Description: "What was taken back, on whose word, heard by whom and when. Nothing named: everything."
Context: Consent
* . 0..*
* . ^requirements = "R4 keeps no trace of a withdrawal but the status, and has none for a part; the client may ask who wrote it down."
* extension contains said-by 1..1 and heard-by 0..1 and at 1..1 and category 0..1 and keep 0..1
* extension[said-by].value[x] 1..1
* extension[said-by].value[x] only Reference(Patient or RelatedPerson)
* extension[heard-by].value[x] 1..1
* extension[heard-by].value[x] only Reference(Organization)
* extension[at].value[x] 1..1
* extension[at].value[x] only dateTime
* extension[category].value[x] 1..1
* extension[category].value[x] only Coding
* extension[category].valueCoding from https://ips-gateway.example/fhir/ValueSet/ips-information (required)
* extension[keep].value[x] 1..1
* extension[keep].value[x] only Coding
* extension[keep].valueCoding from https://ips-gateway.example/fhir/ValueSet/ips-information (required)
* extension[keep] ^short = "The deepest level of the category that may still be told"
