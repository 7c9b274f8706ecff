-- When each of some traces starts: its earliest segment.
SELECT lower(hex(trace_id)), min(start_micros)
FROM documents
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16)) AND is_segment
GROUP BY trace_id
SETTINGS max_threads = 1
