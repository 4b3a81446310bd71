Instance: referral-message
InstanceOf: MessageDefinition
Title: "Referral"
Usage: #definition
* url = "https://ips-gateway.example/fhir/MessageDefinition/referral-message"
* version = "0.1.0"
* name = "ReferralMessage"
* title = "Referral"
* status = #draft
* experimental = false
* date = "2026-03-09"
* publisher = "ips-gateway"
* description = "A care team refers a client to an IPS team: the request and its Task, with whatever they need that is not here yet (Patient, CareTeam, the written consent and its form)."
* purpose = "One message brings everything that a referral needs, so that none of it can be missing when the team is asked."
* eventCoding = https://ips-gateway.example/fhir/CodeSystem/ips-message#referral
* category = #consequence
* focus[0].code = #ServiceRequest
* focus[0].profile = "https://ips-gateway.example/fhir/StructureDefinition/referral"
* focus[0].min = 1
* focus[0].max = "1"
* focus[1].code = #Task
* focus[1].profile = "https://ips-gateway.example/fhir/StructureDefinition/referral-task"
* focus[1].min = 1
* focus[1].max = "1"
* responseRequired = #always
