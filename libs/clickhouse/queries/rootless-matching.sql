-- As traces-matching, by the rows that know no root, and whether each is of all the trace's slices. A statement of its own, beside the
-- other: to plan both takes longer than to run either.
SELECT micros, lower(hex(trace_id)), max(merged)
FROM
(
    SELECT /* place */ AS micros, trace_id, merged
    FROM traces
    WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND rootless AND /* rootless condition */
    -- Whole.
)
WHERE micros >= {from: UInt64} AND micros < {to: UInt64} AND (micros, trace_id) < ({before_micros: UInt64}, toFixedString(unhex({before_trace: String}), 16))
GROUP BY micros, trace_id
ORDER BY micros DESC, trace_id DESC
LIMIT {limit: UInt32}
SETTINGS precise_float_parsing = 1, query_plan_filter_push_down = 0
