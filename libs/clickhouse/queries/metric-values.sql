countIf(NOT said) AS unsaid,
    -- Of more than {max_values}, each is rounded to so many bits that few are left (metric-reader.ts).
    if(unsaid > 0, ([], []), sumMap(
        if((
            SELECT sum(greatest(length(values), 1))
            FROM metric_data FINAL
            WHERE namespace = {namespace: String} AND name = {name: String}
                AND dimensions = CAST(arrayZip({names: Array(String)}, {values: Array(String)}), 'Array(Tuple(name String, value String))')
                AND timestamp >= fromUnixTimestamp64Milli({from: Int64}) AND timestamp < fromUnixTimestamp64Milli({to: Int64})
        ) > {max_values: UInt32},
            arrayMap(v -> reinterpretAsFloat64(bitAnd(reinterpretAsUInt64(v) + {half: UInt64}, {kept: UInt64})), if(minimum < maximum, values, [minimum])),
            if(minimum < maximum, values, [minimum])),
        if(minimum < maximum, counts, [sample_count])))
