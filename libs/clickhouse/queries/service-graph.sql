-- Nodes and edges of the rows that `headers` chose, added up. The row of kind 0 counts the headers that were found: when it
-- is not as many as were chosen, something was put in place again in the meantime, and the caller asks anew.
WITH sumForEach(histogram) AS requests, sumForEach(durations) AS spans
SELECT
    kind, caller_name, caller_type, caller_account_id, name, type, account_id,
    max(root), min(inferred), sum(ok), sum(error), sum(throttle), sum(fault), sum(in_progress), sum(total_micros),
    min(start_micros), max(end_micros), sum(folded), count(),
    (arrayFilter((bucket, n) -> n > 0, range(length(requests)), requests), arrayFilter(n -> n > 0, requests)),
    (arrayFilter((bucket, n) -> n > 0, range(length(spans)), spans), arrayFilter(n -> n > 0, spans))
FROM /* table */slices
WHERE /* of group */kind IN (0, 1, 2, 3) AND (period, start, shard, version) IN {headers: Array(Tuple(UInt16, UInt32, UInt16, UInt64))}
GROUP BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
ORDER BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
-- A few thousand rows: more threads cost more than they save.
SETTINGS max_threads = 1
