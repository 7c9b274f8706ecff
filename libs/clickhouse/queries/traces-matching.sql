-- Where traces of these slices may stand in time, newest first, that a condition may mean: by their rows, and by the segments of
-- slices with newer facts. Each has to be looked at, for it may not match, or stand elsewhere.
SELECT micros, lower(hex(trace_id))
FROM
(
    SELECT /* place */ AS micros, trace_id
    FROM traces
    WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32}
        AND NOT rootless AND (undecided OR (/* condition */) /* or changed */)
    UNION ALL
    SELECT /* place */ AS micros, trace_id
    FROM traces
    WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32}
        -- A trace with a row of all its slices is asked by that one.
        AND rootless AND (merged OR trace_id NOT IN (
            SELECT trace_id FROM traces WHERE merged AND slice BETWEEN {first_slice: UInt32} - 8640 AND {last_slice: UInt32} + 8640))
        AND (undecided OR (/* rootless condition */) /* or changed */)
    UNION ALL
    SELECT start_micros, trace_id
    FROM entities
    WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND (slice < {stale_before: UInt32} OR slice IN {stale: Array(UInt32)}) AND kind = 1
)
WHERE micros >= {from: UInt64} AND micros < {to: UInt64} AND (micros, trace_id) < ({before_micros: UInt64}, toFixedString(unhex({before_trace: String}), 16))
GROUP BY micros, trace_id
ORDER BY micros DESC, trace_id DESC
LIMIT {limit: UInt32}
SETTINGS precise_float_parsing = 1
