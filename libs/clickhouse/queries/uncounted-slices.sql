-- Slices of [first, last] with facts newer than their aggregate, or without one, and the version that it must reach.
SELECT slice, shard, max(touched.version)
FROM touched
LEFT JOIN
(
    SELECT intDiv(start, 10) AS slice, shard, max(version) AS version
    FROM slices
    WHERE period = 10 AND kind = 0 AND start >= {first_slice: UInt32} * 10 AND start <= {last_slice: UInt32} * 10
    GROUP BY start, shard
) AS computed USING (slice, shard)
WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32}
GROUP BY slice, shard
HAVING max(touched.version) > max(computed.version)
SETTINGS max_threads = 1
