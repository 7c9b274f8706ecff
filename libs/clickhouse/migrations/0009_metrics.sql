-- What was measured: one row for each datum of each call of PutMetricData. Unit and resolution are no part of what a metric is.
-- Identity is the metric, the time, the call and the place of the datum in the call, so the same call read again writes the same rows.
-- The key begins with the metric as it is: in its order, a name costs next to nothing on disk.
CREATE TABLE IF NOT EXISTS metric_data
(
    namespace    LowCardinality(String),
    name         LowCardinality(String),
    -- In the order of their names.
    dimensions   Array(Tuple(name String, value String)) CODEC(ZSTD(1)),
    timestamp    DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    -- Which call: half of the SHA-256 of its Id, or else its place in the log (libs/clickhouse/src/metric-facts.ts).
    call         FixedString(16) CODEC(ZSTD(1)),
    datum        UInt16 CODEC(ZSTD(1)),
    unit         LowCardinality(String),
    -- Seconds: 1 or 60.
    resolution   UInt8,
    sample_count Float64 CODEC(ZSTD(1)),
    sum          Float64 CODEC(ZSTD(1)),
    minimum      Float64 CODEC(ZSTD(1)),
    maximum      Float64 CODEC(ZSTD(1)),
    -- 0 for a statistic set that does not say its values. Where all are one, `minimum` says it, and there are no lists.
    said         UInt8,
    values       Array(Float64) CODEC(ZSTD(1)),
    counts       Array(Float64) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(timestamp)
PRIMARY KEY (namespace, name, dimensions, timestamp)
ORDER BY (namespace, name, dimensions, timestamp, call, datum)
SETTINGS index_granularity = 1024, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0;

-- Which metrics there are, and up to when data of them were received, told again when that is 50 minutes old. One row a day that a
-- metric is seen: what nobody sends any more goes with its days.
CREATE TABLE IF NOT EXISTS metrics
(
    namespace  LowCardinality(String),
    name       LowCardinality(String),
    dimensions Array(Tuple(name String, value String)) CODEC(ZSTD(1)),
    seen       DateTime('UTC')
)
ENGINE = ReplacingMergeTree(seen)
PARTITION BY toYYYYMMDD(seen)
ORDER BY (namespace, name, dimensions)
SETTINGS index_granularity = 1024, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0;

-- When a call was first received, of those that leave a time to us: a client's retry of the call has the same Id but is received later,
-- and must mean the same time, or it would count twice. Written before the data.
CREATE TABLE IF NOT EXISTS metric_calls
(
    call        FixedString(16),
    received_at DateTime64(3, 'UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(received_at)
ORDER BY (toStartOfHour(received_at), call, received_at)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0;

-- Which log a document was in: '' is that of segments, the other is 'metrics'. Positions of both begin at 0.
ALTER TABLE dead_documents
    ADD COLUMN IF NOT EXISTS log LowCardinality(String),
    MODIFY ORDER BY (shard, position, log);
