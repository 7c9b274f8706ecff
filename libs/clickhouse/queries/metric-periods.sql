-- What was measured of one metric from {from} (inclusive) to {to} (exclusive), in periods of {period} that begin at {from}, all in
-- milliseconds, by unit. A datum of one minute's resolution counts at the begin of its minute. FINAL costs less than LIMIT 1 BY, and
-- much less where copies are not yet merged.
-- The type of the dimensions is written out, or the primary index would not know them.
WITH toUnixTimestamp64Milli(timestamp) - if(resolution = 60, toUnixTimestamp64Milli(timestamp) % 60000, 0) AS at
SELECT
    {from: Int64} + intDiv(at - {from: Int64}, {period: Int64}) * {period: Int64} AS begin,
    unit,
    sum(sample_count),
    sumKahan(sum),
    min(minimum),
    max(maximum),
    /* values */
FROM metric_data FINAL
WHERE namespace = {namespace: String} AND name = {name: String}
    AND dimensions = CAST(arrayZip({names: Array(String)}, {values: Array(String)}), 'Array(Tuple(name String, value String))')
    AND timestamp >= fromUnixTimestamp64Milli({from: Int64}) AND timestamp < fromUnixTimestamp64Milli({to: Int64} + 60000)
    AND at >= {from: Int64} AND at < {to: Int64}
    AND (empty({unit: String}) OR unit = {unit: String})
GROUP BY begin, unit
ORDER BY begin, unit
SETTINGS do_not_merge_across_partitions_select_final = 1
