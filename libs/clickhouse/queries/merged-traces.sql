-- Of these traces, those that have a row of all their slices, which are asked by that one: as rootless-whole, of a few that were found.
SELECT DISTINCT lower(hex(trace_id))
FROM traces
WHERE merged AND slice BETWEEN {first_slice: UInt32} - 8640 AND {last_slice: UInt32} + 8640
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
