-- Slices, minutes and hours that begin in [from, to), the longer ones only when their row holds all their slices as they are
-- now.
SELECT length, whole
FROM
(
    SELECT length, intDiv(start, length) * length AS whole, shard, maxIf(version, period = length) AS stored, maxIf(version, period = 10) AS newest
    FROM slices
    ARRAY JOIN [10, 60, 3600] AS length
    WHERE kind = 0 AND period IN (10, 60, 3600) AND start >= {from: UInt32} AND start < {to: UInt32} AND period IN (10, length)
    GROUP BY length, whole, shard
)
GROUP BY length, whole
HAVING countIf(stored < newest) = 0
