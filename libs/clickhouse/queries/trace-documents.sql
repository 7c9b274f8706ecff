-- The winning version of every document of some traces, and when it starts if it is a segment.
SELECT lower(hex(trace_id)), lower(hex(reinterpretAsFixedString(byteSwap(id)))), raw, start_micros * is_segment
FROM documents
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
ORDER BY trace_id, id, version DESC
LIMIT 1 BY trace_id, id
LIMIT {limit: UInt32}
