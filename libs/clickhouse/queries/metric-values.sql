countIf(NOT said) AS unsaid,
    -- Of more than {max_values}, each is rounded to 9 significant bits: within 0.2 %, at most 256 of them from one power of two to the next.
    if(unsaid > 0, ([], []), sumMap(
        if((
            SELECT sum(greatest(length(values), 1))
            FROM metric_data FINAL
            WHERE namespace = {namespace: String} AND name = {name: String}
                AND dimensions = CAST(arrayZip({names: Array(String)}, {values: Array(String)}), 'Array(Tuple(name String, value String))')
                AND timestamp >= fromUnixTimestamp64Milli({from: Int64}) AND timestamp < fromUnixTimestamp64Milli({to: Int64})
        ) > {max_values: UInt32},
            arrayMap(v -> reinterpretAsFloat64(bitAnd(reinterpretAsUInt64(v) + 8796093022208, 18446726481523507200)), if(minimum < maximum, values, [minimum])),
            if(minimum < maximum, values, [minimum])),
        if(minimum < maximum, counts, [sample_count])))
