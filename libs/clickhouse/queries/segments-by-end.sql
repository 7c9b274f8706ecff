-- Traces by the end of their last segment that ends in [from, to) microseconds, newest first.
SELECT max(start_micros + response_micros) AS last, lower(hex(trace_id))
FROM entities
WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND kind = 1 AND in_progress = 0
    AND start_micros + response_micros >= {from: UInt64} AND start_micros + response_micros < {to: UInt64}
GROUP BY trace_id
HAVING (last, trace_id) < ({before_micros: UInt64}, toFixedString(unhex({before_trace: String}), 16))
ORDER BY last DESC, trace_id DESC
LIMIT {limit: UInt32}
