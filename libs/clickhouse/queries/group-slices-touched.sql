-- Slices in which those lie who came into the group by this slice's rows.
SELECT DISTINCT slice
FROM traces
WHERE NOT merged AND shard = {shard: UInt16} AND slice BETWEEN {slice: UInt32} - 8640 AND {slice: UInt32} + 8640
    AND trace_id IN (SELECT trace_id FROM group_members WHERE group_id = {group_id: String} AND slice = {slice: UInt32})
