-- The versions that readers take of a group's slices. A group has no longer rows, so a week has too many to name each.
SELECT period, start, shard, max(version)
FROM group_slices
WHERE group_id = {group_id: String} AND kind = 0 AND start >= {from: UInt32} AND start < {to: UInt32}
GROUP BY period, start, shard
