-- The winning version of the documents of some traces that have one of these words in them, stored in slices from {first_slice} on.
SELECT lower(hex(trace_id)), raw
FROM documents
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16)) AND slice >= {first_slice: UInt32}
    AND multiSearchAnyCaseInsensitive(raw, {words: Array(String)})
ORDER BY trace_id, id, version DESC
LIMIT 1 BY trace_id, id
