-- Of the causes of some links, and what was called or owned by them: up to which version there are facts. Perhaps of more than were asked for.
SELECT lower(hex(trace_id)), lower(hex(reinterpretAsFixedString(byteSwap(id)))), toString(max(version))
FROM
(
    SELECT slice, trace_id, id, version
    FROM entities
    WHERE slice IN {slices: Array(UInt32)} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
    UNION ALL
    SELECT slice, trace_id, id, version
    FROM relations
    WHERE slice IN {slices: Array(UInt32)} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
)
WHERE id IN (SELECT byteSwap(reinterpretAsUInt64(unhex(arrayJoin({ids: Array(String)})))))
GROUP BY trace_id, id
