-- Voids the entities of a batch that was not committed: of positions from {position} on. Only slices that were touched since
-- can hold any. A void row has the version of what it voids; of equal versions the one that was inserted last wins. Nothing is
-- done where a later writer has begun.
INSERT INTO entities
SELECT * REPLACE (0 AS kind)
FROM entities AS facts FINAL
WHERE shard = {shard: UInt16} AND facts.kind != 0 AND bitAnd(version, 9223372036854775807) >= {position: UInt64}
    AND slice IN (SELECT slice FROM touched WHERE shard = {shard: UInt16} AND version > {position: UInt64})
    AND (SELECT max(generation) FROM owners WHERE shard = {shard: UInt16}) <= {generation: UInt64}
