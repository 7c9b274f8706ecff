-- Slices from {first_slice} on with facts newer than their rows of traces, newest first, and up to which version these are.
SELECT slice, min(computed)
FROM
(
    SELECT slice, shard, max(touched.version) AS newest, max(traced.version) AS computed
    FROM touched
    LEFT JOIN (SELECT slice, shard, version FROM traced WHERE slice >= {first_slice: UInt32}) AS traced USING (slice, shard)
    WHERE slice >= {first_slice: UInt32}
    GROUP BY slice, shard
    HAVING newest > computed
)
GROUP BY slice
ORDER BY slice DESC
LIMIT {limit: UInt32}
SETTINGS max_threads = 1
