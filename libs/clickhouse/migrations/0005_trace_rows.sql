-- What an entity says beyond its node, times and outcome (libs/xray/src/entity-facets.ts). flags: 1 error, 2 throttle,
-- 4 undecided, 128 known: rows from before have none. label is a subsegment's own name.
ALTER TABLE entities
    ADD COLUMN IF NOT EXISTS label LowCardinality(String),
    ADD COLUMN IF NOT EXISTS flags UInt8,
    ADD COLUMN IF NOT EXISTS status UInt16,
    ADD COLUMN IF NOT EXISTS http Array(String) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS facet_keys Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS facet_values Array(String) CODEC(ZSTD(1));

-- One row for each trace of a slice, and one more for a trace that lies in several (merged = 1, in the slices where it starts
-- and where it is listed): what filter expressions ask for. A row may be older than the facts: whoever finds a trace by it looks at
-- the documents; whoever must miss none also looks at the traces whose facts are newer than their slice in `traced`.
CREATE TABLE IF NOT EXISTS traces
(
    slice          UInt32,
    shard          UInt16,
    trace_id       FixedString(16),
    merged         UInt8,
    version        UInt64,
    -- Of the earliest segment; of the earliest segment without a parent, where there is one. 0 without a segment.
    start_micros   UInt64 CODEC(ZSTD(1)),
    listed_micros  UInt64 CODEC(ZSTD(1)),
    end_micros     UInt64 CODEC(ZSTD(1)),
    -- Something was said, or is the case, that the row does not hold: it may match anything.
    undecided      UInt8,
    -- No segment here lacks a parent: any may be the root, and the root's columns say nothing.
    rootless       UInt8,
    partial        UInt8,
    faulty         UInt8,
    failed         UInt8,
    root_marks     UInt8,
    root_status    UInt16,
    root_response  UInt64 CODEC(ZSTD(1)),
    url            String CODEC(ZSTD(1)),
    method         LowCardinality(String),
    user_agent     String CODEC(ZSTD(1)),
    client_ip      String CODEC(ZSTD(1)),
    -- What ran on a node or called one: segments, and calls; a call that a segment answers has that segment's node. Nodes are
    -- name, type and account with NULs between; an empty caller is none. marks: 1 error, 2 throttle, 4 fault, 8 ok,
    -- 16 in progress, 32 inferred, 64 without a parent, 128 ran on the node.
    `item.node`        Array(LowCardinality(String)),
    `item.caller`      Array(LowCardinality(String)),
    `item.marks`       Array(UInt8),
    `item.response`    Array(UInt64) CODEC(ZSTD(1)),
    `facet.key`        Array(LowCardinality(String)),
    `facet.value`      Array(String) CODEC(ZSTD(1)),
    INDEX by_trace trace_id TYPE minmax GRANULARITY 1,
    INDEX by_value `facet.value` TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (slice, shard, trace_id, merged)
SETTINGS index_granularity = 4096, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Up to which version the facts of a slice are in its rows. Written after them, so that a crash in between costs one computation too
-- many and never one too few.
CREATE TABLE IF NOT EXISTS traced
(
    slice   UInt32,
    shard   UInt16,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (slice, shard)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;
