-- Whether traces of [from, to) belong to a group by a version of its filter older than {latest}.
SELECT count() FROM
(
    SELECT 1
    FROM group_members
    WHERE group_id = {group_id: String} AND slice >= intDiv({from: UInt32}, 10) AND slice * 10 < {to: UInt32} AND filter_version < {latest: UInt32}
    LIMIT 1
)
