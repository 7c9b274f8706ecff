-- Voids the relations of a batch that was not committed: see withdraw-entities.
INSERT INTO relations
SELECT * REPLACE (0 AS kind)
FROM relations AS facts FINAL
WHERE shard = {shard: UInt16} AND facts.kind != 0 AND bitAnd(version, 9223372036854775807) >= {position: UInt64}
    AND slice IN (SELECT slice FROM touched WHERE shard = {shard: UInt16} AND version > {position: UInt64})
    AND (SELECT max(generation) FROM owners WHERE shard = {shard: UInt16}) <= {generation: UInt64}
