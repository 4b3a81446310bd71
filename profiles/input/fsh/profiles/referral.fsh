Profile: Referral
Parent: ServiceRequest
Id: referral
Title: "Referral to IPS coaching"
Description: "A care team asks an IPS team to coach a client. Its answer lives in the referral Task."
* . ^requirements = "Zero exclusion: nothing but the client's wish to work is a ground, so no diagnosis can be given as a reason."
* identifier 1..*
* identifier.system 1..1
* identifier.value 1..1
* identifier ^requirements = "Repeating a referral must not make a second one: the sender's own number tells."
* intent from https://ips-gateway.example/fhir/ValueSet/ips-referral-intent (required)
* code 1..1
* code = $service#ips
* subject only Reference(Patient)
* authoredOn 1..1
* performer 1..1
* performer only Reference(Organization or PractitionerRole)
* performer ^comment = "The IPS team. Coaches come and go; the gateway resolves the team to its members at every sending and reading."
* reasonCode 0..1
* reasonCode.coding 0..0
* reasonCode.text 1..1
* reasonCode ^short = "The client's wish to work, in her own words"
* reasonReference 0..0
* reasonReference ^requirements = "A Condition is category `diagnosis`, which has levels and a permission of its own."
