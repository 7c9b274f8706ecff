-- Hours in [from, to) whose row holds all their slices as they are now.
SELECT hour
FROM
(
    SELECT intDiv(start, 3600) * 3600 AS hour, shard, maxIf(version, period = 3600) AS stored, maxIf(version, period = 10) AS newest
    FROM slices
    WHERE kind = 0 AND period IN (10, 3600) AND start >= {from: UInt32} AND start < {to: UInt32}
    GROUP BY hour, shard
)
GROUP BY hour
HAVING countIf(stored < newest) = 0
