Profile: AuditDecision
Parent: AuditEvent
Id: audit-decision
Title: "Audit of a decision under a consent"
Description: "A permit or a denial that rests on at least one consent; the shape of IHE BALP AuthZconsent."
* . ^requirements = "An officer must be able to explain any disclosure in a minute: version of the consent, recipient, class of content. BALP itself cannot be claimed: it demands network addresses, which a decision in a queue has not, and closes the list of entities to which ours adds the disclosure."
* insert AuditCommon
* type = $dcm#110113
* subtype 1..1
* subtype = $balp-authz#AuthZ-Consent
* action 1..1
* action = #E
* agent contains sender 1..1 and recipient 1..*
* agent[sender].type = $dcm#110150
* agent[recipient].type = $participation#IRCP
* entity contains consent 1..*
* entity[consent].type = $resource-types#Consent
* entity[consent].what 1..1
* entity[consent].what.reference 1..1
