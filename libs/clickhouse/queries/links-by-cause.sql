-- What these traces have caused, in slices from {first_slice} on; of some shards, or of all.
SELECT slice, lower(hex(trace_id)), lower(hex(reinterpretAsFixedString(byteSwap(id)))), lower(hex(cause_trace_id)),
    if(cause_id = 0, '', lower(hex(reinterpretAsFixedString(byteSwap(cause_id))))), cause_slice, version
FROM links_by_cause FINAL
WHERE cause_trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16)) AND slice >= {first_slice: UInt32} AND kind = 1
    AND (empty({shards: Array(UInt16)}) OR shard IN {shards: Array(UInt16)})
ORDER BY slice DESC, trace_id, id, cause_trace_id, cause_id
LIMIT {limit: UInt32}
