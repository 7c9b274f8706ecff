-- Facts are upserted by identity, so reading the log again writes the same rows. Aggregates are replaced.
-- Trace IDs are 16 bytes (the hex of 1-8-24), entity IDs 8 bytes. A version is the log position, with the top bit set
-- for a complete document: complete wins over in progress, then the later position wins.

-- Small parts are compact (min_bytes_for_wide_part): a wide one is two files a column, and making files is a sixth of an insert.

-- The raw document, kept once.
CREATE TABLE IF NOT EXISTS documents
(
    trace_id     FixedString(16),
    id           UInt64,
    version      UInt64,
    slice        UInt32,
    -- 0 for an independent subsegment.
    is_segment   UInt8,
    -- 1 when another version was stored before this one.
    replaced     UInt8,
    start_micros UInt64 CODEC(ZSTD(1)),
    raw          String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (trace_id, id)
SETTINGS index_granularity = 512, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0;

-- One row for every segment and subsegment. kind: 0 void (was there in an older version), 1 segment, 2 call, 3 step.
CREATE TABLE IF NOT EXISTS entities
(
    slice           UInt32,
    shard           UInt16,
    trace_id        FixedString(16),
    id              UInt64,
    version         UInt64 CODEC(ZSTD(1)),
    kind            UInt8,
    parent_id       UInt64 CODEC(ZSTD(1)),
    -- The segment's own node, or the node that a call infers.
    name            LowCardinality(String),
    type            LowCardinality(String),
    account_id      LowCardinality(String),
    -- The node that an embedded subsegment belongs to; name is '' for a streamed one (see relations).
    owner_name      LowCardinality(String),
    owner_type      LowCardinality(String),
    owner_account_id LowCardinality(String),
    start_micros    UInt64 CODEC(ZSTD(1)),
    response_micros UInt64 CODEC(ZSTD(1)),
    duration_micros UInt64 CODEC(ZSTD(1)),
    outcome         UInt8,
    in_progress     UInt8,
    inferred        UInt8,
    bucket          UInt16,
    duration_bucket UInt16
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (slice, shard, trace_id, id)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0;

-- What one entity learns from another: kind 1 callee (the call `id` reached the segment `child_id` on this node),
-- 2 owner (the entity `id` belongs to, or is called by, this node; child_id is 0), 0 void.
CREATE TABLE IF NOT EXISTS relations
(
    slice      UInt32,
    shard      UInt16,
    trace_id   FixedString(16),
    id         UInt64,
    child_id   UInt64,
    version    UInt64 CODEC(ZSTD(1)),
    kind       UInt8,
    name       LowCardinality(String),
    type       LowCardinality(String),
    account_id LowCardinality(String)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (slice, shard, trace_id, id, child_id)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0;

-- Which slices have facts newer than their aggregate. Written before the facts, so that a crash in between costs one
-- recomputation too many and never one too few.
CREATE TABLE IF NOT EXISTS touched
(
    slice   UInt32,
    shard   UInt16,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (slice, shard)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;

-- The service graph of one slice (period 10), minute (60) or hour (3600), all of it written by one insert of one block, so
-- that its header (kind 0) and its rows appear together. A reader takes the rows of the header's highest version: rows of
-- lower versions are older computations. kind: 0 header, 1 node, 2 edge. `start` is the first second. Histograms make rows
-- wide, hence the small granules.
CREATE TABLE IF NOT EXISTS slices
(
    period            UInt16,
    kind              UInt8,
    start             UInt32,
    shard             UInt16,
    caller_name       LowCardinality(String),
    caller_type       LowCardinality(String),
    caller_account_id LowCardinality(String),
    name              LowCardinality(String),
    type              LowCardinality(String),
    account_id        LowCardinality(String),
    version           UInt64,
    root              UInt8,
    inferred          UInt8,
    ok                UInt64,
    error             UInt64,
    throttle          UInt64,
    fault             UInt64,
    in_progress       UInt64,
    total_micros      UInt64,
    start_micros      UInt64,
    end_micros        UInt64,
    -- How many nodes or edges beyond the slice's limit this row stands for.
    folded            UInt64,
    buckets           Array(UInt16) CODEC(ZSTD(1)),
    counts            Array(UInt64) CODEC(ZSTD(1)),
    duration_buckets  Array(UInt16) CODEC(ZSTD(1)),
    duration_counts   Array(UInt64) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(start, 'UTC'))
ORDER BY (period, kind, start, shard, caller_name, caller_type, caller_account_id, name, type, account_id)
SETTINGS index_granularity = 128, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Documents that ClickHouse refused for their content, kept aside with the reason.
CREATE TABLE IF NOT EXISTS dead_documents
(
    shard       UInt16,
    position    UInt64,
    received_at DateTime64(3, 'UTC'),
    reason      String,
    raw         String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (shard, position)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;
