-- One row for each trace of these slices, of these shards, that lies in more than one slice, put together of its rows: within a day
-- before and after. It stands in the slices where the trace starts and where it is listed.
INSERT INTO traces
SETTINGS async_insert = 0, max_insert_threads = 1, max_threads = 1, exclude_materialize_skip_indexes_on_insert = 'by_value,by_beginning,by_longer_beginning,by_node,by_caller,by_key'
SELECT
    arrayJoin(arrayDistinct([toUInt32(intDiv(begins, 10000000)), toUInt32(intDiv(listed, 10000000))])), shard, groupBitOr(shape), trace_id, 1,
    transform(shard, {shards: Array(UInt16)}, {versions: Array(UInt64)}, 0::UInt64),
    minIf(start_micros, start_micros != 0) AS begins, if(roots = 0, begins, minIf(listed_micros, NOT rootless)) AS listed, max(end_micros),
    max(undecided) OR (countIf(NOT rootless) AS roots) > 1, roots = 0, max(partial), max(faulty), max(failed),
    anyIf(root_marks, NOT rootless), anyIf(root_status, NOT rootless), anyIf(root_response, NOT rootless),
    anyIf(url, NOT rootless), anyIf(method, NOT rootless), anyIf(user_agent, NOT rootless), anyIf(client_ip, NOT rootless),
    groupArrayArray(`item.node`), groupArrayArray(`item.caller`), groupArrayArray(`item.marks`), groupArrayArray(`item.response`),
    groupArrayArray(`facet.key`), groupArrayArray(`facet.value`)
FROM
(
    SELECT *
    FROM traces
    WHERE NOT merged AND shard IN {shards: Array(UInt16)} AND slice BETWEEN {first_slice: UInt32} - 8640 AND {last_slice: UInt32} + 8640 AND trace_id IN
    (
        SELECT trace_id
        FROM traces
        WHERE NOT merged AND shard IN {shards: Array(UInt16)} AND slice BETWEEN {first_slice: UInt32} - 8640 AND {last_slice: UInt32} + 8640
            AND trace_id IN (SELECT trace_id FROM traces WHERE slice IN {slices: Array(UInt32)} AND shard IN {shards: Array(UInt16)} AND NOT merged)
        GROUP BY shard, trace_id
        HAVING min(slice) != max(slice)
    )
    ORDER BY version DESC
    LIMIT 1 BY slice, shard, trace_id
)
GROUP BY shard, trace_id
HAVING begins != 0 AND min(slice) != max(slice)
