Extension: Retracts
Id: retracts
Title: "Message that is taken back"
Description: "Id of the earlier message, as this recipient knows it."
Context: Communication
* . 0..1
* value[x] 1..1
* value[x] only id
