Instance: care-team-update-message
InstanceOf: MessageDefinition
Title: "Care team's update"
Usage: #definition
* url = "https://ips-gateway.example/fhir/MessageDefinition/care-team-update-message"
* version = "0.1.0"
* name = "CareTeamUpdateMessage"
* title = "Care team's update"
* status = #draft
* experimental = false
* date = "2026-03-09"
* publisher = "ips-gateway"
* description = "Something has changed for a client: treatment, a care meeting, a benefit. The gateway tells each recipient the level that the client permits."
* purpose = "The event an EHR sends when a nurse files what the coach should know."
* eventCoding = https://ips-gateway.example/fhir/CodeSystem/ips-message#care-team-update
* category = #notification
* focus[0].code = #Communication
* focus[0].profile = "https://ips-gateway.example/fhir/StructureDefinition/care-team-message"
* focus[0].min = 1
* focus[0].max = "*"
* responseRequired = #always
