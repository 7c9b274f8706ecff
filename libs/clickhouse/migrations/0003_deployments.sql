-- The first sight of a version, runtime or image on a node. The earliest start wins, whatever comes twice or in which order.
-- Kept beyond the retention of traces, so that what was there before is not new; the writer bounds how many there are.
CREATE TABLE IF NOT EXISTS deployments
(
    name         String,
    type         LowCardinality(String),
    account_id   LowCardinality(String),
    kind         LowCardinality(String),
    value        String,
    start_micros SimpleAggregateFunction(min, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (name, type, account_id, kind, value)
SETTINGS min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;
