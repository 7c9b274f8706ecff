-- Traces with facts newer than the rows of their slice. Of slices before {stale_before}, all: they are too many to tell.
SELECT trace_id
FROM entities
WHERE slice >= {first_stale: UInt32} AND (slice < {stale_before: UInt32} OR slice IN {stale: Array(UInt32)}) AND bitAnd(version, 9223372036854775807) >= transform(slice, {stale: Array(UInt32)}, {computed: Array(UInt64)}, 0)
UNION ALL
SELECT trace_id
FROM relations
WHERE slice >= {first_stale: UInt32} AND (slice < {stale_before: UInt32} OR slice IN {stale: Array(UInt32)}) AND bitAnd(version, 9223372036854775807) >= transform(slice, {stale: Array(UInt32)}, {computed: Array(UInt64)}, 0)
