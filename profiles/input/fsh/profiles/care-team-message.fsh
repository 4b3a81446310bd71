Profile: CareTeamMessage
Parent: Communication
Id: care-team-message
Title: "Care team's message"
Description: "What a care team posts when something has changed for a client: one category, its closed fields at whatever level is known. The gateway tells each recipient only the level the client permits."
* ^abstract = true
* . ^requirements = "The nurse writes once and need not remember who consented to what."
* identifier 1..*
* identifier.system 1..1
* identifier.value 1..1
* extension contains CareTeamUpdate named update 1..1
* category 1..1
* subject 1..1
* subject only Reference(Patient)
* sent 1..1
* priority ^comment = "Urgent, asap or stat: goes before what waits for the same client and recipient. The recipient is not told so. This is not an emergency channel."
* payload 0..0
* payload ^requirements = "Free text has no level: whatever stood here could not be redacted."
* note 0..0
* reasonReference 0..0
