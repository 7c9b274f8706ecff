-- Links of a slice, as further rows of recompute-slice: both ends must be known, and whose they are. Only the consumer's end lies
-- in the slice; the other may lie on another shard, which is told what to look for (GLOBAL). The bucket of an age is that of the
-- histogram (libs/xray).
UNION ALL
SELECT
    (3, cause, caused, toUInt8(0)) AS part,
    toUInt8(0) AS is_root, toUInt8(0) AS outcome, bucket, toUInt16(0) AS duration_bucket,
    count() AS n, sum(age) AS total, min(start) AS first, max(start) AS last
FROM
(
    SELECT
        if(c.kind = 1, c.node, if(c.owner.1 = '', cr.owner, c.owner)) AS caused,
        if(p.owner.1 = '', pr.owner, p.owner) AS sender,
        multiIf(
            p.kind = 1, p.node,
            p.kind = 3 OR sender.1 = '', sender,
            arrayElement(arrayPushBack(if(match(p.node.2, {messaging: String}), arrayFilter(r -> match(r.2, {messaging: String}), pr.callees), pr.callees), p.node), 1)
        ) AS cause,
        c.start_micros AS start,
        toUInt64(greatest(start, p.end_micros) - p.end_micros) AS age,
        toUInt32(greatest(0, floor(log(greatest(age, 1) / 49500) / log(1.02)))) AS wide,
        toUInt16(if(age < 49500, intDiv(age + 500, 1000), least(800,
            50 + wide + (age >= ceil(49500 * pow(1.02, wide + 1))) - (age < ceil(49500 * pow(1.02, wide)))))) AS bucket
    FROM
    (
        SELECT trace_id, id, cause_trace_id, cause_id, cause_slice
        FROM links FINAL
        WHERE slice = {slice: UInt32} AND shard = {shard: UInt16} AND kind = 1 AND cause_slice != 0 /* members */
    ) AS l
    INNER JOIN
    (
        SELECT
            trace_id, id, kind, start_micros,
            (toString(name), toString(type), toString(account_id)) AS node,
            (toString(owner_name), toString(owner_type), toString(owner_account_id)) AS owner
        FROM entities FINAL
        WHERE slice = {slice: UInt32} AND shard = {shard: UInt16} AND kind != 0
            AND (trace_id, id) IN (SELECT trace_id, id FROM links WHERE slice = {slice: UInt32} AND shard = {shard: UInt16})
    ) AS c ON c.trace_id = l.trace_id AND c.id = l.id
    INNER JOIN
    (
        SELECT
            slice, trace_id, id, kind, start_micros + response_micros AS end_micros,
            (toString(name), toString(type), toString(account_id)) AS node,
            (toString(owner_name), toString(owner_type), toString(owner_account_id)) AS owner
        FROM /* everywhere */entities FINAL
        WHERE kind != 0 AND (slice, trace_id, id) GLOBAL IN
            (SELECT cause_slice, cause_trace_id, cause_id FROM links WHERE slice = {slice: UInt32} AND shard = {shard: UInt16})
    ) AS p ON p.slice = l.cause_slice AND p.trace_id = l.cause_trace_id AND p.id = l.cause_id
    LEFT ANY JOIN
    (
        SELECT trace_id, id, anyIf((toString(name), toString(type), toString(account_id)), kind = 2) AS owner
        FROM relations FINAL
        WHERE slice = {slice: UInt32} AND shard = {shard: UInt16} AND kind = 2
            AND (trace_id, id) IN (SELECT trace_id, id FROM links WHERE slice = {slice: UInt32} AND shard = {shard: UInt16})
        GROUP BY trace_id, id
    ) AS cr ON cr.trace_id = l.trace_id AND cr.id = l.id
    LEFT ANY JOIN
    (
        SELECT
            slice, trace_id, id,
            arraySort(groupUniqArrayIf((toString(name), toString(type), toString(account_id)), kind = 1)) AS callees,
            anyIf((toString(name), toString(type), toString(account_id)), kind = 2) AS owner
        FROM /* everywhere */relations FINAL
        WHERE kind != 0 AND (slice, trace_id, id) GLOBAL IN
            (SELECT cause_slice, cause_trace_id, cause_id FROM links WHERE slice = {slice: UInt32} AND shard = {shard: UInt16})
        GROUP BY slice, trace_id, id
    ) AS pr ON pr.slice = l.cause_slice AND pr.trace_id = l.cause_trace_id AND pr.id = l.cause_id
)
WHERE caused.1 != '' AND cause.1 != ''
GROUP BY cause, caused, bucket
