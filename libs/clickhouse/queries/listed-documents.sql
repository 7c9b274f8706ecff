-- The winning versions of some traces' documents, trace by trace, at most so many of each and so many in all.
SELECT lower(hex(trace_id)), raw
FROM
(
    SELECT trace_id, raw
    FROM documents
    WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
    ORDER BY trace_id, id, version DESC
    LIMIT 1 BY trace_id, id
)
LIMIT {of_each: UInt32} BY trace_id
LIMIT {limit: UInt32}
SETTINGS max_threads = 1, optimize_read_in_order = 1
