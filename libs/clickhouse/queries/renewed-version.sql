(
    -- Of a slice that is computed again though none of its facts is newer: the version after its last.
    SELECT greatest({version: UInt64}, least(max(version) + 1, {renew_up_to: UInt64}))
    FROM /* table */slices
    WHERE /* of group */period = 10 AND kind = 0 AND start = {slice: UInt32} * 10 AND shard = {shard: UInt16}
)