Profile: CoachingNote
Parent: Observation
Id: coaching-note
Title: "Coaching note"
Description: "What the coach wants the care team to know of a contact: a summary, or the whole note where the client permits it."
* . ^requirements = "What is told for coaching must never become evidence for a sanction: it goes to care teams only."
* code from https://ips-gateway.example/fhir/ValueSet/ips-coaching-note-level (required)
* subject 1..1
* subject only Reference(Patient)
* encounter 1..1
* effective[x] 1..1
* effective[x] only dateTime
* performer 1..*
* value[x] 1..1
* value[x] only string
* valueString ^maxLength = 1000
* note 0..0
* note ^requirements = "Private remarks never leave the coach's own system."
* interpretation 0..0
* component 0..0
