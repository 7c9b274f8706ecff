-- Nodes and edges of [from, to): whole hours where there are any, slices for the rest.
SELECT
    kind, caller_name, caller_type, caller_account_id, name, type, account_id,
    max(root), min(inferred), sum(ok), sum(error), sum(throttle), sum(fault), sum(in_progress), sum(total_micros),
    min(start_micros), max(end_micros), sum(folded),
    sumMap(buckets, counts) AS histogram, sumMap(duration_buckets, duration_counts) AS duration_histogram
FROM slices
WHERE kind IN (1, 2)
    AND period IN (10, 3600) AND start >= {from: UInt32} AND start < {to: UInt32}
    AND if(period = 3600, has({hours: Array(UInt32)}, start), NOT has({hours: Array(UInt32)}, intDiv(start, 3600) * 3600))
    AND (period, start, shard, version) IN
    (
        SELECT period, start, shard, max(version)
        FROM slices
        WHERE kind = 0 AND period IN (10, 3600) AND start >= {from: UInt32} AND start < {to: UInt32}
        GROUP BY period, start, shard
    )
GROUP BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
ORDER BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
SETTINGS enable_shared_storage_snapshot_in_query = 1
