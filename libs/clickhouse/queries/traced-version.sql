-- Up to which version the facts of a slice are in its rows; nothing before there are any.
SELECT max(version) FROM traced WHERE slice = {slice: UInt32} AND shard = {shard: UInt16} HAVING count() > 0
