Profile: AuditOperation
Parent: AuditEvent
Id: audit-operation
Title: "Audit of an operator's deed"
Description: "An operator has paused or resumed an endpoint, replayed or skipped a disclosure, copied the store, or let a restored one tell again."
* . ^requirements = "What an operator does decides when somebody hears: the client's log and the sender's report rest on it as on a decision. It says what was done to which queue, and never what the message said."
* type = $dcm#110100
* action 1..1
* action = #U
* recorded 1..1
* outcome 1..1
* outcomeDesc 1..1
* source.observer.display 1..1
* agent.who 1..1
* insert SlicedBy(agent, type)
* agent contains operator 1..1
* agent[operator].type = $dcm#110151
* agent[operator].requestor = true
* entity 1..*
* entity.what 1..1
* entity.what.identifier 1..1
* entity.what.reference 0..0
* entity.what.display 0..0
* entity.what.display ^requirements = "The audit outlives the client's data: it names her by a pseudonym, never by name, identity code or link."
* entity.name 0..0
* entity.description 0..0
* entity.query 0..0
* entity.detail 0..0
