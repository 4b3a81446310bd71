Profile: Job
Parent: Observation
Id: job
Title: "Job"
Description: "One job of a client, amended when it changes or ends; the shape of IHE Occupational Data for Health `PastOrPresentJob`."
* . ^requirements = "Competitive employment is what IPS is measured by: each job once, with what kind of work it is."
* insert SlicedBy(category, $this)
* category contains social-history 1..1
* category[social-history] = $observation-category#social-history
* code = $loinc#11341-5
* code ^comment = "LOINC code of the ODH profile, so that a reader of ODH understands the occupation and its dates."
* subject 1..1
* subject only Reference(Patient)
* effective[x] 1..1
* effective[x] only Period
* effectivePeriod.start 1..1
* effectivePeriod.end ^comment = "Absent while the job lasts."
* value[x] 1..1
* value[x] only CodeableConcept
* valueCodeableConcept.text 1..1
* valueCodeableConcept ^comment = "Title as the client says it; ISCO-08 as coding when known. ODH's own binding here is to industries and is not taken over."
* insert SlicedBy(component, code)
* insert JobComponent(labour-market, 1..1, ips-job-labour-market)
* insert JobComponent(transition, 0..1, ips-job-transition)
* insert JobComponent(contract, 0..1, ips-job-contract)
* insert JobComponent(working-time, 0..1, ips-job-working-time)
* insert JobComponent(pay, 0..1, ips-job-pay)
* insert JobComponent(found-by, 0..1, ips-job-found-by)
* insert JobComponent(employer-knows, 1..1, ips-job-employer-knows)
* component[employer-knows] ^requirements = "Some clients are coached behind the scenes: nobody may call the employer before having read this."
* insert JobComponent(accommodation, 0..*, ips-job-accommodation)
* insert JobComponent(end-reason, 0..1, ips-job-end-reason)
* component contains weekly-hours 0..1
* component[weekly-hours].code = $job#weekly-hours
* component[weekly-hours].value[x] only Quantity
* component[weekly-hours].valueQuantity = http://unitsofmeasure.org#h/wk
