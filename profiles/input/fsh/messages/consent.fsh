Instance: consent-message
InstanceOf: MessageDefinition
Title: "Written consent"
Usage: #definition
* url = "https://ips-gateway.example/fhir/MessageDefinition/consent-message"
* version = "0.1.0"
* name = "ConsentMessage"
* title = "Written consent"
* status = #draft
* experimental = false
* date = "2026-03-09"
* publisher = "ips-gateway"
* description = "A written consent is recorded, changed or withdrawn. A new one comes with its signed form (DocumentReference and Binary)."
* purpose = "Withdrawing has to be as easy as giving, whichever way a system speaks."
* eventCoding = https://ips-gateway.example/fhir/CodeSystem/ips-message#consent
* category = #currency
* focus[0].code = #Consent
* focus[0].profile = "https://ips-gateway.example/fhir/StructureDefinition/written-consent"
* focus[0].min = 1
* focus[0].max = "1"
* responseRequired = #always
