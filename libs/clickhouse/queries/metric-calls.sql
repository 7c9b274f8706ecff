-- When these calls were first received, within a time.
SELECT lower(hex(call)), toUnixTimestamp64Milli(received_at)
FROM metric_calls FINAL
WHERE received_at BETWEEN fromUnixTimestamp64Milli({from: Int64}) AND fromUnixTimestamp64Milli({to: Int64})
    AND call IN (SELECT toFixedString(unhex(arrayJoin({calls: Array(String)})), 16))
ORDER BY received_at
