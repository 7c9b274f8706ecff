-- Traces of a slice with facts since {computed} that meet a group's condition and are not in the group, and whether their rows can tell. A
-- trace that lies in several slices is asked by the row of all of it, and none by a row that has a successor.
SELECT lower(hex(trace_id)), max(NOT undecided AND NOT rootless)
FROM
(
    SELECT *
    FROM traces
    WHERE shard = {shard: UInt16} AND slice BETWEEN {slice: UInt32} - 8640 AND {slice: UInt32} + 8640 AND (merged OR slice = {slice: UInt32})
        AND trace_id IN
        (
            SELECT trace_id FROM entities
            WHERE slice = {slice: UInt32} AND shard = {shard: UInt16} AND bitAnd(version, 9223372036854775807) >= {computed: UInt64}
            UNION ALL
            SELECT trace_id FROM relations
            WHERE slice = {slice: UInt32} AND shard = {shard: UInt16} AND bitAnd(version, 9223372036854775807) >= {computed: UInt64}
        )
        AND (merged OR trace_id NOT IN (SELECT trace_id FROM traces WHERE merged AND shard = {shard: UInt16} AND slice BETWEEN {slice: UInt32} - 8640 AND {slice: UInt32} + 8640))
    ORDER BY version DESC
    LIMIT 1 BY slice, trace_id, merged
)
WHERE trace_id NOT IN (SELECT trace_id FROM group_members WHERE group_id = {group_id: String})
    AND (undecided OR if(rootless, /* rootless condition */, /* condition */))
GROUP BY trace_id
SETTINGS precise_float_parsing = 1, max_threads = 1
