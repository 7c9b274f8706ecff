-- A group's slice is computed again when somebody has become a member, without any new fact: then its version grows all the same.
SELECT max(version) + 1
FROM group_slices
WHERE group_id = {group_id: String} AND period = 10 AND kind = 0 AND start = {slice: UInt32} * 10 AND shard = {shard: UInt16}
