-- Documents that ClickHouse refused, oldest first; of some logs, or of all.
SELECT log, shard, position, toUnixTimestamp64Milli(received_at), reason, raw
FROM dead_documents FINAL
WHERE empty({logs: Array(String)}) OR has({logs: Array(String)}, log)
ORDER BY shard, position, log
LIMIT {limit: UInt32}
