-- As of entities.
INSERT INTO relations
SELECT *
FROM input('
    slice UInt32, shard UInt16, trace_id FixedString(16), id UInt64, child_id UInt64, version UInt64, kind UInt8,
    name String, type String, account_id String')
FORMAT RowBinary
