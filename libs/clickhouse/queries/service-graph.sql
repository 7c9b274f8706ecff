-- Nodes and edges of [from, to): whole hours and minutes where there are any, slices for the rest.
SELECT
    kind, caller_name, caller_type, caller_account_id, name, type, account_id,
    max(root), min(inferred), sum(ok), sum(error), sum(throttle), sum(fault), sum(in_progress), sum(total_micros),
    min(start_micros), max(end_micros), sum(folded),
    sumMap(buckets, counts) AS histogram, sumMap(duration_buckets, duration_counts) AS duration_histogram
FROM
(
    SELECT * FROM slices WHERE period = 3600 AND kind IN (1, 2) AND start IN (SELECT arrayJoin({hours: Array(UInt32)}))
    UNION ALL
    SELECT * FROM slices WHERE period = 60 AND kind IN (1, 2) AND start IN (SELECT arrayJoin({minutes: Array(UInt32)}))
    UNION ALL
    SELECT * FROM slices WHERE period = 10 AND kind IN (1, 2) AND start IN (SELECT arrayJoin({slices: Array(UInt32)}))
)
WHERE (period, start, shard, version) IN
    (
        SELECT period, start, shard, max(version)
        FROM slices
        WHERE kind = 0 AND period IN (10, 60, 3600) AND start >= {from: UInt32} AND start < {to: UInt32}
        GROUP BY period, start, shard
    )
GROUP BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
ORDER BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
SETTINGS enable_shared_storage_snapshot_in_query = 1
