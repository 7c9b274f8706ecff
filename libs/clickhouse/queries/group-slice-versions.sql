-- The versions that readers take of the slices of some groups, of those that begin at {from} or later; under no group, which slices the
-- whole graph has.
SELECT group_id, start, shard, max(version)
FROM group_slices
WHERE group_id IN {group_ids: Array(String)} AND period = 10 AND kind = 0 AND start >= {from: UInt32}
GROUP BY group_id, start, shard
ORDER BY group_id, start, shard
UNION ALL
SELECT DISTINCT '', start, 0, 0
FROM slices
WHERE period = 10 AND kind = 0 AND start >= {from: UInt32}
SETTINGS max_threads = 1
