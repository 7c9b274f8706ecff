-- One row for each trace of each of these slices, of these shards, out of the slice's facts: see the table. A trace that has nothing
-- left here keeps an empty row, in place of the older one or beside it. FINAL leaves the winning version of each fact. Bloom filters are
-- made by the merge that soon follows: the few newest rows are quickly read whole.
INSERT INTO traces
SETTINGS async_insert = 0, max_insert_threads = 1, max_threads = 1, exclude_materialize_skip_indexes_on_insert = 'by_value,by_beginning,by_longer_beginning,by_node,by_caller,by_key'
SELECT
    slice, shard, groupBitOr(node_bit), trace_id, 0, transform(shard, {shards: Array(UInt16)}, {versions: Array(UInt64)}, 0::UInt64),
    minIf(start_micros, kind = 1) AS begins, if(rootless, begins, minIf(start_micros, is_root)), maxIf(start_micros + response_micros, kind != 0),
    max(is_undecided) OR countIf(is_root) > 1, countIf(is_root) = 0 AS rootless, max(in_progress), max(outcome = 3), max(outcome IN (1, 2)),
    anyIf(marks, is_root), anyIf(status, is_root), anyIf(response_micros, is_root),
    anyIf(http[1], is_root), anyIf(http[2], is_root), anyIf(http[3], is_root), anyIf(http[4], is_root),
    groupArrayIf(node, is_item), groupArrayIf(caller, is_item), groupArrayIf(marks, is_item), groupArrayIf(response_micros, is_item),
    groupArrayArray(facet_keys), groupArrayArray(facet_values)
FROM
(
    SELECT
        slice, shard, trace_id, kind, start_micros, response_micros, in_progress, outcome, status, http, facet_keys, facet_values,
        kind = 1 AND parent_id = 0 AS is_root,
        if(kind IN (1, 2), bitShiftLeft(1::UInt32, cityHash64(name) % 32), 0) AS node_bit,
        if(owner_name = '', r.owner, concat(owner_name, '\0', owner_type, '\0', owner_account_id)) AS caller,
        if(r.callee = '', concat(name, '\0', type, '\0', account_id), r.callee) AS node,
        NOT bitTest(flags, 7) OR bitTest(flags, 2) AS is_undecided,
        kind = 1 OR caller != '' AND (kind = 2 OR r.callee != '') AS is_item,
        toUInt8(
            (bitTest(flags, 0) OR bitTest(flags, 1) OR outcome IN (1, 2)) + 2 * (bitTest(flags, 1) OR outcome = 2) + 4 * (outcome = 3) + 8 * (outcome = 0)
            + 16 * in_progress + 32 * (inferred OR kind = 2 AND r.callee = '') + 64 * is_root + 128 * (kind = 1 OR kind = 2 AND r.callee = '')) AS marks
    FROM (SELECT * FROM entities FINAL WHERE slice IN {slices: Array(UInt32)} AND shard IN {shards: Array(UInt16)}) AS e
    -- A call that several segments answer has a row for each.
    LEFT JOIN
    (
        SELECT
            slice, shard, trace_id, id,
            arrayJoin(emptyArrayToSingle(groupArrayIf(concat(name, '\0', type, '\0', account_id), kind = 1))) AS callee,
            anyIf(concat(name, '\0', type, '\0', account_id), kind = 2) AS owner
        FROM relations FINAL
        WHERE slice IN {slices: Array(UInt32)} AND shard IN {shards: Array(UInt16)} AND kind != 0
        GROUP BY slice, shard, trace_id, id
        SETTINGS optimize_aggregation_in_order = 1
    ) AS r USING (slice, shard, trace_id, id)
)
GROUP BY slice, shard, trace_id
