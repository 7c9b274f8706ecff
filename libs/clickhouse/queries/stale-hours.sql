-- Closed hours whose row is missing or older than one of their slices, with the version that it must get.
SELECT intDiv(start, 3600) * 3600 AS hour, maxIf(version, period = 10) AS newest
FROM slices
WHERE kind = 0 AND period IN (10, 3600) AND shard = {shard: UInt16} AND start < {before: UInt32}
GROUP BY hour
HAVING newest > maxIf(version, period = 3600)
