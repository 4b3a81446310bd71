Extension: ContactOutcome
Id: contact-outcome
Title: "Outcome of a coaching contact"
Description: "Held, or why not."
Context: Encounter
* . ^requirements = "A client who does not come is a reason to reach out, never a mark against her: this goes to nurses only."
* . 0..1
* value[x] 1..1
* value[x] only code
* valueCode from https://ips-gateway.example/fhir/ValueSet/ips-contact-outcome (required)
