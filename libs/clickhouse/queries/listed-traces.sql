-- Where traces may stand in the list, newest first: at their earliest segment without a parent among the segments of these
-- slices, else at their earliest segment. Other slices may hold an earlier one, so that each has to be looked at.
SELECT start, lower(hex(trace_id))
FROM
(
    SELECT
        trace_id,
        if(countIf(parent_id = 0) > 0, minIf(start_micros, parent_id = 0), min(start_micros)) AS start
    FROM entities
    WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND kind = 1 AND start_micros < {to: UInt64}
        -- Further conditions.
    GROUP BY trace_id
    -- Any version of the root: a page looks at the documents themselves.
    HAVING if(countIf(parent_id = 0) > 0, countIf(parent_id = 0 AND /* matches */), countIf(/* matches */)) > 0
)
WHERE start >= {from: UInt64} AND (start, trace_id) < ({before_micros: UInt64}, toFixedString(unhex({before_trace: String}), 16))
ORDER BY start DESC, trace_id DESC
LIMIT {limit: UInt32}
-- A few thousand rows: more threads cost more than they save.
SETTINGS max_threads = 1
