-- Segments that start in [from, to) microseconds, newest first, from behind a (start, trace ID) on.
SELECT start_micros, lower(hex(trace_id))
FROM entities
WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND kind = 1
    AND start_micros >= {from: UInt64} AND start_micros < {to: UInt64}
    AND (start_micros, trace_id) < ({before_micros: UInt64}, toFixedString(unhex({before_trace: String}), 16))
GROUP BY slice, start_micros, trace_id
ORDER BY slice DESC, start_micros DESC, trace_id DESC
LIMIT {limit: UInt32}
SETTINGS max_threads = 1
