-- Requests and faults of some nodes in the rows that `headers` chose, without the rows that reach into an incident that the node
-- was part of, and the start of the first row. A row that is put in place again meanwhile may be missing: of a day that is nothing.
SELECT name, type, account_id, sum(ok + error + throttle + fault), sum(fault), min(start)
FROM /* table */slices
WHERE /* of group */kind = 1 AND (period, start, shard, version) IN {headers: Array(Tuple(UInt16, UInt32, UInt16, UInt64))}
    AND (name, type, account_id) IN {nodes: Array(Tuple(String, String, String))}
    AND NOT arrayExists(
        incident -> incident.1 = name AND incident.2 = type AND incident.3 = account_id AND start < incident.5 AND start + period > incident.4,
        {incidents: Array(Tuple(String, String, String, UInt32, UInt32))})
GROUP BY name, type, account_id
SETTINGS max_threads = 1
