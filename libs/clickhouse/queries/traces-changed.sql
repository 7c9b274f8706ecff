-- Traces of these slices whose rows are older than their facts, and those of slices that have no rows yet.
UNION ALL
SELECT /* place */ AS micros, trace_id
FROM traces
WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND trace_id IN (/* changed traces */)
UNION ALL
SELECT start_micros, trace_id
FROM entities
WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND (slice < {stale_before: UInt32} OR slice IN {stale: Array(UInt32)}) AND kind = 1
