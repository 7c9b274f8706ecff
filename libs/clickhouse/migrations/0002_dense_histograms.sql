-- Slices with dense histograms. What is derived is not converted: the slices are computed again from the facts.
DROP TABLE IF EXISTS slices SYNC;

-- The service graph of one slice (period 10), or the sum of a closed minute, ten minutes or an hour (60, 600, 3600), all of it
-- written by one insert of one block, so that its header (kind 0) and its rows appear and vanish together. A reader takes the
-- rows of the header's highest version: rows of lower versions are older computations. kind: 0 header, 1 node, 2 edge.
-- `start` is the first second.
CREATE TABLE slices
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
    -- Requests per bucket, the first is bucket 0: adding such arrays up costs a quarter of adding up bucket and count pairs.
    histogram         Array(UInt32) CODEC(ZSTD(1)),
    durations         Array(UInt32) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(start, 'UTC'))
ORDER BY (period, kind, start, shard, caller_name, caller_type, caller_account_id, name, type, account_id)
SETTINGS index_granularity = 512, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;
