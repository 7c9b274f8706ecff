-- Which segment or subsegment (id of trace_id, in its slice) was caused by which other: cause_id (0: the trace as a whole) of
-- cause_trace_id, which is stored in cause_slice (0: not yet known). kind: 1 link, 0 void. Nothing of either end is kept here:
-- names and times are those of the entities when the slice is computed. A version is a log position.
CREATE TABLE IF NOT EXISTS links
(
    slice          UInt32,
    shard          UInt16,
    trace_id       FixedString(16),
    id             UInt64,
    cause_trace_id FixedString(16),
    cause_id       UInt64,
    version        UInt64 CODEC(ZSTD(1)),
    kind           UInt8,
    cause_slice    UInt32
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (slice, shard, trace_id, id, cause_trace_id, cause_id)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0;

-- The same rows, but for those within a trace, to find what a trace has caused.
CREATE TABLE IF NOT EXISTS links_by_cause
(
    slice          UInt32,
    shard          UInt16,
    trace_id       FixedString(16),
    id             UInt64,
    cause_trace_id FixedString(16),
    cause_id       UInt64,
    version        UInt64 CODEC(ZSTD(1)),
    kind           UInt8,
    cause_slice    UInt32
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (cause_trace_id, cause_id, trace_id, id, slice, shard)
SETTINGS index_granularity = 512, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0;
