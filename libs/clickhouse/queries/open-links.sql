-- Links of a shard to other traces, from slice {first_slice} on, and of {first_open} on those whose cause is not known; the newest first.
SELECT slice, lower(hex(trace_id)), lower(hex(reinterpretAsFixedString(byteSwap(id)))), lower(hex(cause_trace_id)),
    lower(hex(reinterpretAsFixedString(byteSwap(cause_id)))), cause_slice, version
FROM links FINAL
WHERE shard = {shard: UInt16} AND kind = 1 AND cause_id != 0 AND trace_id != cause_trace_id
    AND (slice >= {first_slice: UInt32} OR slice >= {first_open: UInt32} AND cause_slice = 0)
ORDER BY slice DESC
LIMIT {limit: UInt32}
