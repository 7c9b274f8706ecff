-- Who writes a shard: each writer begins with a number of its own, greater than that of the one before. A withdrawal holds only as
-- long as nobody with a greater number has begun.
CREATE TABLE IF NOT EXISTS owners
(
    shard      UInt16,
    generation UInt64
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY shard
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
