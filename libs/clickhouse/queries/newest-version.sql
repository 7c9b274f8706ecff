-- Behind the last document of a shard that has touched anything; 0 where nothing is stored.
SELECT max(version) FROM touched WHERE shard = {shard: UInt16}
