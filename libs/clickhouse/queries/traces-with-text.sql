-- Traces with a segment whose trace ID, name, URL or method holds a text, ignoring case. A document without a backslash holds
-- it as it is, or not at all: that is looked for first, because it costs a tenth of reading the members.
SELECT trace_id
FROM documents
WHERE is_segment
    AND trace_id IN (SELECT trace_id FROM entities WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND kind = 1)
    AND (position(raw, '\\') > 0 OR positionCaseInsensitiveUTF8(raw, {text: String}) > 0)
    AND positionCaseInsensitiveUTF8(arrayStringConcat([
        concat('1-', substring(lower(hex(trace_id)), 1, 8), '-', substring(lower(hex(trace_id)), 9)),
        JSONExtractString(raw, 'name'), JSONExtractString(raw, 'http', 'request', 'url'), JSONExtractString(raw, 'http', 'request', 'method')
    ], '\n'), {text: String}) > 0
