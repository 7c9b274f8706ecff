-- Of those that have begun to write a shard; 0 before the first.
SELECT max(generation) FROM owners WHERE shard = {shard: UInt16}
