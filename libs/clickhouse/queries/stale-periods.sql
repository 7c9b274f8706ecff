-- Closed minutes or hours ({period}, in seconds) whose row is missing or older than one of their slices, with the version that
-- it must get; the newest first.
SELECT intDiv(start, {period: UInt16}) * {period: UInt16} AS whole, maxIf(version, period = 10) AS newest
FROM slices
WHERE kind = 0 AND period IN (10, {period: UInt16}) AND shard = {shard: UInt16} AND start < {before: UInt32}
GROUP BY whole
HAVING newest > maxIf(version, period = {period: UInt16})
ORDER BY whole DESC
LIMIT {limit: UInt32}
