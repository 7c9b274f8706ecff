-- Every version of every document of some traces that is still there (older ones vanish when parts merge).
SELECT lower(hex(trace_id)), lower(hex(reinterpretAsFixedString(byteSwap(id)))), toUInt8(bitTest(version, 63)), bitAnd(version, 9223372036854775807), replaced, raw
FROM documents
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids: Array(String)})), 16))
