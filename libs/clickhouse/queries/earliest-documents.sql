-- The winning versions of the earliest documents of some traces.
SELECT lower(hex(trace_id)), raw
FROM documents
WHERE (trace_id, id) IN
(
    SELECT trace_id, id
    FROM documents
    WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
    ORDER BY trace_id, start_micros, id
    LIMIT {limit: UInt32} BY trace_id
)
ORDER BY trace_id, id, version DESC
LIMIT 1 BY trace_id, id
SETTINGS max_threads = 1
