-- Where traces of these slices may stand in time, newest first, that a condition may mean: by their rows that know a root, and by the
-- segments of slices with newer facts. Each has to be looked at, for it may not match, or stand elsewhere.
SELECT micros, lower(hex(trace_id))
FROM
(
    -- One kind of row after the other, because each stands elsewhere.
    SELECT /* place */ AS micros, trace_id
    FROM traces
    WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND NOT rootless AND /* condition */
    UNION ALL
    SELECT /* place */ AS micros, trace_id
    FROM traces
    WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND undecided
    -- Changed.
)
WHERE micros >= {from: UInt64} AND micros < {to: UInt64} AND (micros, trace_id) < ({before_micros: UInt64}, toFixedString(unhex({before_trace: String}), 16))
GROUP BY micros, trace_id
ORDER BY micros DESC, trace_id DESC
LIMIT {limit: UInt32}
-- The limits of time are for what was found: asked of all rows, they would have to be read for them.
SETTINGS precise_float_parsing = 1, query_plan_filter_push_down = 0
