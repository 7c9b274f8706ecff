-- How many documents a trace has, and how many of the earliest stay within the bounds of one answer.
SELECT count(), countIf(place <= {max_documents: UInt32} AND upto <= {max_bytes: UInt64})
FROM
(
    SELECT
        row_number() OVER (ORDER BY start_micros, id) AS place,
        sum(bytes) OVER (ORDER BY start_micros, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto
    FROM
    (
        SELECT id, start_micros, length(raw) + 1 AS bytes
        FROM documents
        WHERE trace_id = toFixedString(unhex({trace_id: String}), 16)
        ORDER BY id, version DESC
        LIMIT 1 BY id
    )
)
