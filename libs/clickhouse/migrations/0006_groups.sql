-- Which traces belong to a group, and by which version of its filter: the one in force when the trace first met it. A trace that
-- belongs to a group stays in it. `slice` is the one whose rows were looked at.
CREATE TABLE IF NOT EXISTS group_members
(
    group_id       LowCardinality(String),
    trace_id       FixedString(16),
    slice          UInt32,
    filter_version UInt32
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
ORDER BY (group_id, trace_id)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;

-- As `slices`, of what the traces of one group contribute. There are no longer periods.
CREATE TABLE IF NOT EXISTS group_slices
(
    group_id          LowCardinality(String),
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
ORDER BY (group_id, period, kind, start, shard, caller_name, caller_type, caller_account_id, name, type, account_id)
SETTINGS index_granularity = 512, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;
