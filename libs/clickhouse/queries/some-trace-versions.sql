-- As trace-versions, of some documents of one trace.
SELECT lower(hex(trace_id)), lower(hex(reinterpretAsFixedString(byteSwap(id)))), toUInt8(bitTest(version, 63)), bitAnd(version, 9223372036854775807), replaced, raw
FROM documents
WHERE trace_id = toFixedString(unhex({trace_id: String}), 16)
    AND id IN (SELECT byteSwap(reinterpretAsUInt64(unhex(arrayJoin({ids: Array(String)})))))
