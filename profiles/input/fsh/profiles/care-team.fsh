Profile: IpsCareTeam
Parent: CareTeam
Id: care-team
Title: "Team round the client"
Description: "Who is round the client, in which role and since when. A recipient outside the current team is told nothing."
* . ^requirements = "A client without a named nurse is normal (housing services): messages go to the team, and a missing person is no reason for silence."
* subject 1..1
* subject only Reference(Patient)
* subject.reference 1..1
* participant 1..*
* participant.role 0..1
* participant.role from https://ips-gateway.example/fhir/ValueSet/ips-role (preferred)
* participant.member 1..1
* participant.period ^comment = "Start and end days are inclusive; a member whose period has ended is told nothing more."
