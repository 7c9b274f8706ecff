-- Stored slices [from, to) as they are, shard by shard. FINAL: a slice that was put in place twice counts once.
WITH sumForEach(histogram) AS requests
SELECT
    intDiv(start, 10) AS slice, shard, kind, caller_name, caller_type, caller_account_id, name, type, account_id,
    max(root), min(inferred), sum(ok), sum(error), sum(throttle), sum(fault), sum(in_progress), sum(total_micros),
    (arrayFilter((bucket, n) -> n > 0, range(length(requests)), requests), arrayFilter(n -> n > 0, requests))
FROM /* table */slices FINAL
WHERE /* of group */period = 10 AND start >= {from: UInt32} AND start < {to: UInt32}
    AND shard BETWEEN {first_shard: UInt16} AND {last_shard: UInt16}
    AND (start, shard, version) IN
    (
        SELECT start, shard, max(version)
        FROM /* table */slices
        WHERE /* of group */period = 10 AND kind = 0 AND start >= {from: UInt32} AND start < {to: UInt32}
            AND shard BETWEEN {first_shard: UInt16} AND {last_shard: UInt16}
        GROUP BY start, shard
    )
GROUP BY slice, shard, kind, caller_name, caller_type, caller_account_id, name, type, account_id
ORDER BY slice, shard, kind
SETTINGS enable_shared_storage_snapshot_in_query = 1
