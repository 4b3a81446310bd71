Profile: CoachingContact
Parent: Encounter
Id: coaching-contact
Title: "Coaching contact"
Description: "One meeting, call or message between coach and client, held or not."
* . ^requirements = "The coach writes once; EHR, employment system and IPS register take it from here."
* status from https://ips-gateway.example/fhir/ValueSet/ips-contact-status (required)
* class from https://ips-gateway.example/fhir/ValueSet/ips-contact-class (required)
* class.system 1..1
* class.code 1..1
* extension contains ContactMode named mode 1..1 and ContactOutcome named outcome 1..1
* extension[outcome] ^comment = "R4 Encounter has no status for a client who did not come."
* type 0..1
* type from https://ips-gateway.example/fhir/ValueSet/ips-coaching-phase (required)
* subject 1..1
* subject only Reference(Patient)
* period 1..1
* period.start 1..1
* participant 1..*
* participant.individual 1..1
* reasonCode from https://ips-gateway.example/fhir/ValueSet/ips-topic (required)
* reasonReference 0..0
* diagnosis 0..0
* hospitalization 0..0
