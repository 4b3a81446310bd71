Extension: ConsentReplaces
Id: consent-replaces
Title: "Consent that is replaced"
Description: "An earlier Consent of the same client in whose place this one is recorded."
Context: Consent
* . 0..*
* . ^requirements = "R4 has no link between consents, and dates decide nothing: who replaces one says which."
* value[x] 1..1
* value[x] only Reference(Consent)
