-- Segments without a parent: in the stored graph, which counts each once, and in the segments of slices that lie partly outside of
-- [from, to) or that the graph does not have yet. The second column counts the headers that were found: when it is not as many
-- as were chosen, something was put in place again in the meantime.
SELECT
    sumIf({with_ok: Bool} * (ok + in_progress) + {with_error: Bool} * error + {with_throttle: Bool} * throttle + {with_fault: Bool} * fault, kind = 2)
    + (
        SELECT count()
        FROM
        (
            SELECT 1
            FROM entities
            WHERE slice IN {slices: Array(UInt32)} AND (slice IN {ends: Array(UInt32)} OR (slice, shard) IN {uncounted: Array(Tuple(UInt32, UInt16))})
                AND kind = 1 AND parent_id = 0 AND start_micros >= {from: UInt64} AND start_micros < {to: UInt64}
            GROUP BY trace_id, id
            HAVING [{with_ok: Bool}, {with_error: Bool}, {with_throttle: Bool}, {with_fault: Bool}][argMax(outcome, version) + 1]
        )
    ),
    countIf(kind = 0)
FROM slices
WHERE (kind = 0 OR kind = 2 AND caller_type = {client: String}) AND (period, start, shard, version) IN {headers: Array(Tuple(UInt16, UInt32, UInt16, UInt64))}
SETTINGS max_threads = 1
