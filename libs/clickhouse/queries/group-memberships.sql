-- The groups of some traces.
SELECT lower(hex(trace_id)), groupUniqArray(group_id)
FROM group_members
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
GROUP BY trace_id
