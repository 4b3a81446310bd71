Instance: referral-answer-message
InstanceOf: MessageDefinition
Title: "Answer to a referral"
Usage: #definition
* url = "https://ips-gateway.example/fhir/MessageDefinition/referral-answer-message"
* version = "0.1.0"
* name = "ReferralAnswerMessage"
* title = "Answer to a referral"
* status = #draft
* experimental = false
* date = "2026-03-09"
* publisher = "ips-gateway"
* description = "What becomes of a referral: the asked team accepts, rejects with a reason or completes it; the sender may cancel. The Task carries the version that is answered in `meta.versionId`."
* purpose = "A sender must never wait in silence: a system that speaks messages only can answer too."
* eventCoding = https://ips-gateway.example/fhir/CodeSystem/ips-message#referral-answer
* category = #consequence
* focus[0].code = #Task
* focus[0].profile = "https://ips-gateway.example/fhir/StructureDefinition/referral-task"
* focus[0].min = 1
* focus[0].max = "1"
* responseRequired = #always
