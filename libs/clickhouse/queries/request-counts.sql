-- Requests of the rows that `headers` chose, added up by node and edge. The row of kind 0 counts the headers that were found:
-- when it is not as many as were chosen, something was put in place again in the meantime, and the caller asks anew.
SELECT
    kind, caller_name, caller_type, caller_account_id, name, type, account_id,
    sum(ok), sum(fault), sum(ok + error + throttle + fault), count()
FROM /* table */slices
WHERE /* of group */kind IN (0, 1, 2) AND (period, start, shard, version) IN {headers: Array(Tuple(UInt16, UInt32, UInt16, UInt64))}
GROUP BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
ORDER BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
SETTINGS max_threads = 1
