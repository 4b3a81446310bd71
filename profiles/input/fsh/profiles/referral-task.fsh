Invariant: ips-task-reason
Severity: #error
Description: "A referral that is rejected, cancelled, put on hold or failed says why, in words for the other side."
Expression: "(status = 'rejected' or status = 'cancelled' or status = 'on-hold' or status = 'failed') implies statusReason.text.exists()"

Profile: ReferralTask
Parent: Task
Id: referral-task
Title: "Task of a referral"
Description: "What becomes of a referral: the sender asks and may cancel, the asked team answers."
* . ^requirements = "A sender must never wait in silence: every state has an owner and every refusal a reason."
* obeys ips-task-reason
* status from https://ips-gateway.example/fhir/ValueSet/ips-referral-task-status (required)
* statusReason.text 1..1
* statusReason from https://ips-gateway.example/fhir/ValueSet/ips-rejection-reason (preferred)
* statusReason ^comment = "There is no health reason among the codes: health is no ground to refuse IPS."
* intent = #order
* code 1..1
* code = $task-code#fulfill
* focus only Reference(ServiceRequest)
* focus ^comment = "Absent in what the asked team reads: the ServiceRequest belongs to its sender."
* for 1..1
* for only Reference(Patient)
* owner 1..1
* owner only Reference(Organization or PractitionerRole)
* reasonReference 0..0
* note 0..0
* note ^requirements = "Remarks of one side are not for the other; what is for both is `statusReason.text`."
