-- Documents that ClickHouse refused, oldest first.
SELECT shard, position, toUnixTimestamp64Milli(received_at), reason, raw
FROM dead_documents FINAL
ORDER BY shard, position
LIMIT {limit: UInt32}
