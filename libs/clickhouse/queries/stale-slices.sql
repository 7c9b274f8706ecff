-- Slices of a shard that have facts newer than their aggregate, with the version that their aggregate must reach.
SELECT slice, max(touched.version)
FROM touched
LEFT JOIN (SELECT intDiv(start, 10) AS slice, max(version) AS version FROM slices WHERE period = 10 AND kind = 0 AND shard = {shard: UInt16} GROUP BY start) AS computed USING (slice)
WHERE shard = {shard: UInt16}
GROUP BY slice
HAVING max(touched.version) > max(computed.version)
