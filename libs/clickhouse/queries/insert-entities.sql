-- Texts are read as plain strings and turned into LowCardinality a block at a time: reading each into its dictionary as it comes
-- costs as much as everything else of an insert.
INSERT INTO entities
SELECT *
FROM input('
    slice UInt32, shard UInt16, trace_id FixedString(16), id UInt64, version UInt64, kind UInt8, parent_id UInt64,
    name String, type String, account_id String, owner_name String, owner_type String, owner_account_id String,
    start_micros UInt64, response_micros UInt64, duration_micros UInt64,
    outcome UInt8, in_progress UInt8, inferred UInt8, bucket UInt16, duration_bucket UInt16,
    label String, flags UInt8, status UInt16, http Array(String), facet_keys Array(String), facet_values Array(String)')
FORMAT RowBinary
