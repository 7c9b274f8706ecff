-- Slices of a shard that have facts newer than their rows of traces, with the version that these must reach.
SELECT slice, max(touched.version)
FROM touched
LEFT JOIN (SELECT slice, max(version) AS version FROM traced WHERE shard = {shard: UInt16} GROUP BY slice) AS computed USING (slice)
WHERE shard = {shard: UInt16}
GROUP BY slice
HAVING max(touched.version) > max(computed.version)
