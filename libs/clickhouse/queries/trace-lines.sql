-- The winning versions of a trace's earliest documents, one a line: outside of its strings JSON's line breaks are only space.
SELECT translate(raw, '\n\r', '  ')
FROM
(
    SELECT id, start_micros, raw
    FROM documents
    WHERE trace_id = toFixedString(unhex({trace_id: String}), 16)
    ORDER BY id, version DESC
    LIMIT 1 BY id
)
ORDER BY start_micros, id
LIMIT {limit: UInt32}
FORMAT TSVRaw
