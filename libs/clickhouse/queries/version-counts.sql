-- How many versions of documents some traces have.
SELECT lower(hex(trace_id)), count()
FROM documents
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
GROUP BY trace_id
