-- Voids the links of a batch that was not committed: see withdraw-entities.
INSERT INTO links
SELECT * REPLACE (0 AS kind)
FROM links AS facts FINAL
WHERE shard = {shard: UInt16} AND facts.kind != 0 AND version >= {position: UInt64}
    AND slice IN (SELECT slice FROM touched WHERE shard = {shard: UInt16} AND version > {position: UInt64})
    AND (SELECT max(generation) FROM owners WHERE shard = {shard: UInt16}) <= {generation: UInt64}
