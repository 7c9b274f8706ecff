-- The versions that readers take of the slices, and of the rows that hold many, which begin in [from, to).
SELECT period, start, shard, max(version)
FROM /* table */slices
WHERE /* of group */kind = 0 AND period <= {period: UInt16} AND start >= {from: UInt32} AND start < {to: UInt32}
GROUP BY period, start, shard
