-- Which slices, minutes, ten minutes and hours of [from, to) have rows, and the version to read of each.
SELECT period, start, shard, max(version)
FROM /* table */slices
WHERE /* of group */kind = 0 AND start >= {from: UInt32} AND start < {to: UInt32}
GROUP BY period, start, shard
-- A few thousand rows: more threads cost more than they save.
SETTINGS max_threads = 1
