Profile: ToldRetraction
Parent: Communication
Id: told-retraction
Title: "Retraction"
Description: "An earlier message was taken back: which one, and nothing else. Told under the same permission and at the same level as what it takes back."
* . ^requirements = "Who acts on a message must hear that it was wrong, and need not hear its content again to do so."
* insert RecipientLabels
* insert NothingElse
* language 1..1
* extension contains Retracts named retracts 1..1
* status = #completed
* category 1..1
* category.coding 1..1
* category.coding.system 1..1
* category.coding.system = "https://ips-gateway.example/fhir/CodeSystem/ips-information"
* subject 1..1
* subject only Reference(Patient)
* sent 1..1
* sender 1..1
* recipient 1..1
* payload 1..1
* payload.content[x] only string
