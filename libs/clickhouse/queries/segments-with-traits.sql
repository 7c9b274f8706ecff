-- As segments-by-start, but only of traces that have, for each of some traits, a segment or a call with them. Traits are
-- parallel arrays, a bit for each; an empty list of names, types or accounts is any. A trace may go on for days after the
-- range, so there is no last slice; a call may start before the first segment of its trace.
SELECT start_micros, lower(hex(trace_id))
FROM entities
WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND kind = 1
    AND start_micros >= {from: UInt64} AND start_micros < {to: UInt64}
    AND (start_micros, trace_id) < ({before_micros: UInt64}, toFixedString(unhex({before_trace: String}), 16))
    AND trace_id IN
    (
        SELECT trace_id
        FROM entities
        WHERE slice >= {first_related_slice: UInt32} AND kind IN (1, 2)
            -- Any trait's: cheap, and most rows end here.
            AND (empty({any_names: Array(String)}) OR has({any_names: Array(String)}, name))
            AND has({any_outcomes: Array(UInt8)}, outcome)
        GROUP BY trace_id
        HAVING groupBitOr(arraySum(arrayMap(
            (bit, is_segment, names, types, accounts, possible, min_micros, max_micros) -> if(
                (NOT is_segment OR kind = 1)
                AND (empty(names) OR has(names, name)) AND (empty(types) OR has(types, type)) AND (empty(accounts) OR has(accounts, account_id))
                AND has(possible, outcome) AND response_micros >= min_micros AND response_micros <= max_micros,
                bit, 0),
            {bits: Array(UInt8)}, {segments: Array(Bool)}, {names: Array(Array(String))}, {types: Array(Array(String))}, {accounts: Array(Array(String))},
            {outcomes: Array(Array(UInt8))}, {min_micros: Array(UInt64)}, {max_micros: Array(UInt64)}))) = {all_bits: UInt64}
    )
GROUP BY slice, start_micros, trace_id
ORDER BY slice DESC, start_micros DESC, trace_id DESC
LIMIT {limit: UInt32}
SETTINGS optimize_read_in_order = 1
