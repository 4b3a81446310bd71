Profile: ToldUpdate
Parent: Communication
Id: told-update
Title: "Update as it is told"
Description: "What a recipient gets: written fresh at one level of one category, from the closed fields of that level."
* ^abstract = true
* . ^requirements = "A thinned clinical resource leaks by its type and by what it must contain; a new one cannot."
* insert RecipientLabels
* insert NothingElse
* language 1..1
* extension contains CareTeamUpdate named update 0..1
* status = #completed
* category 1..1
* subject 1..1
* subject only Reference(Patient)
* sent 1..1
* sender 1..1
* recipient 1..1
* payload 1..1
* payload.content[x] only string
* payload ^comment = "The sentence a person reads, in the language of the endpoint; made from the same fields."
