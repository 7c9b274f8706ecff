-- Nodes and edges with any fault in slices [from, to), with requests and faults of each slice; those with the most faults first.
-- FINAL: a slice that was put in place twice counts once.
SELECT
    kind, caller_name, caller_type, caller_account_id, name, type, account_id,
    arraySort(groupArray((slice, requests, faults)))
FROM
(
    SELECT
        intDiv(start, 10) AS slice, kind, caller_name, caller_type, caller_account_id, name, type, account_id,
        sum(ok + error + throttle + fault) AS requests, sum(fault) AS faults
    FROM /* table */slices FINAL
    WHERE /* of group */period = 10 AND kind IN (1, 2) AND start >= {from: UInt32} AND start < {to: UInt32}
        AND (start, shard, version) IN
        (
            SELECT start, shard, max(version)
            FROM /* table */slices
            WHERE /* of group */period = 10 AND kind = 0 AND start >= {from: UInt32} AND start < {to: UInt32}
            GROUP BY start, shard
        )
    GROUP BY slice, kind, caller_name, caller_type, caller_account_id, name, type, account_id
)
GROUP BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
HAVING sum(faults) > 0
ORDER BY sum(faults) DESC, kind, caller_name, caller_type, caller_account_id, name, type, account_id
LIMIT {limit: UInt32}
SETTINGS enable_shared_storage_snapshot_in_query = 1, max_threads = 1
