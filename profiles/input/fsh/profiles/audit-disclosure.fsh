Profile: AuditDisclosure
Parent: AuditEvent
Id: audit-disclosure
Title: "Audit of a disclosure"
Description: "Something is being sent, has arrived, was read or failed; the shape of IHE BALP PrivacyDisclosure.Source."
* . ^requirements = "No disclosure without its record, in the same transaction: this is written before the first byte leaves. BALP itself cannot be claimed: it demands network addresses of both sides and the patient as a resource, not as a pseudonym."
* insert AuditCommon
* type = $dcm#110106
* insert SlicedBy(subtype, $this)
* subtype contains disclose 1..1
* subtype[disclose] = $lifecycle#disclose
* action 1..1
* action = #R
* agent contains sender 1..1 and recipient 1..1
* agent[sender].type = $dcm#110153
* agent[recipient].type = $dcm#110152
