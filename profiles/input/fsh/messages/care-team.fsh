Instance: care-team-message
InstanceOf: MessageDefinition
Title: "Team round the client"
Usage: #definition
* url = "https://ips-gateway.example/fhir/MessageDefinition/care-team-message"
* version = "0.1.0"
* name = "CareTeamMessage"
* title = "Team round the client"
* status = #draft
* experimental = false
* date = "2026-03-09"
* publisher = "ips-gateway"
* description = "Who is round the client now: whoever is not in the team is told nothing more."
* purpose = "Change of the named nurse is news that must not wait for the next referral."
* eventCoding = https://ips-gateway.example/fhir/CodeSystem/ips-message#care-team
* category = #currency
* focus[0].code = #CareTeam
* focus[0].profile = "https://ips-gateway.example/fhir/StructureDefinition/care-team"
* focus[0].min = 1
* focus[0].max = "1"
* responseRequired = #always
