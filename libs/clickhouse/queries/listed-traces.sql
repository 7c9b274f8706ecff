-- Where traces may stand in the list, newest first: at their earliest segment without a parent among the segments of these
-- slices, else at their earliest segment. Other slices may hold an earlier one, so that each has to be looked at.
SELECT start, lower(hex(trace_id))
FROM
(
    SELECT
        trace_id,
        if(countIf(parent_id = 0) > 0, minIf(start_micros, parent_id = 0), min(start_micros)) AS start
    FROM
    (
        SELECT
            trace_id, parent_id, start_micros,
            (empty({outcomes: Array(UInt8)}) OR has({outcomes: Array(UInt8)}, outcome))
            AND (NOT {is_timed: Bool} OR (NOT in_progress AND response_micros >= {min_micros: UInt64} AND response_micros <= {max_micros: UInt64})) AS matches
        FROM entities
        WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND kind = 1
            AND start_micros < {to: UInt64}
            AND (
                {service_name: String} = '' OR trace_id IN
                (
                    SELECT trace_id FROM entities
                    WHERE {service_name: String} != '' AND slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} + {later_slices: UInt32}
                        AND kind IN (1, 2) AND name = {service_name: String} AND type = {service_type: String} AND account_id = {service_account: String}
                )
            )
            AND (
                NOT {in_progress: Bool} OR trace_id IN
                (
                    -- A document in progress has a version below the top bit; what is complete or void by now has one above it.
                    SELECT trace_id FROM entities
                    WHERE {in_progress: Bool} AND slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} + {later_slices: UInt32}
                        AND trace_id IN
                        (
                            SELECT trace_id FROM entities
                            WHERE {in_progress: Bool} AND slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} + {later_slices: UInt32}
                                AND kind != 0 AND NOT bitTest(version, 63)
                        )
                    GROUP BY trace_id, id
                    HAVING NOT bitTest(max(version), 63)
                )
            )
            AND (
                {text: String} = '' OR trace_id IN
                (
                    SELECT trace_id FROM documents
                    WHERE {text: String} != '' AND is_segment AND trace_id IN
                        (
                            SELECT trace_id FROM entities
                            WHERE {text: String} != '' AND slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND kind = 1
                        )
                        AND positionCaseInsensitiveUTF8(arrayStringConcat([
                            concat('1-', substring(lower(hex(trace_id)), 1, 8), '-', substring(lower(hex(trace_id)), 9)),
                            JSONExtractString(raw, 'name'), JSONExtractString(raw, 'http', 'request', 'url'), JSONExtractString(raw, 'http', 'request', 'method')
                        ], '\n'), {text: String}) > 0
                )
            )
    )
    GROUP BY trace_id
    -- Any version of the root: a page looks at the documents themselves.
    HAVING if(countIf(parent_id = 0) > 0, countIf(matches AND parent_id = 0), countIf(matches)) > 0
)
WHERE start >= {from: UInt64} AND (start, trace_id) < ({before_micros: UInt64}, toFixedString(unhex({before_trace: String}), 16))
ORDER BY start DESC, trace_id DESC
LIMIT {limit: UInt32}
