-- These slices' rows of traces hold all facts of a lower version.
INSERT INTO traced
SETTINGS async_insert = 0
SELECT arrayJoin({slices: Array(UInt32)}), {shard: UInt16}, {version: UInt64}
