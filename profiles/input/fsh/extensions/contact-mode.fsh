Extension: ContactMode
Id: contact-mode
Title: "Mode of a coaching contact"
Description: "Face to face, by video, by telephone or in writing."
Context: Encounter
* . 0..1
* value[x] 1..1
* value[x] only code
* valueCode from https://ips-gateway.example/fhir/ValueSet/ips-contact-mode (required)
