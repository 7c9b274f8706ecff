-- The chosen rows, added up by {period}: the whole graph, or the course of one node or edge (then {all} is 0). A row that was
-- put in place twice (its answer was lost) counts once. The last column of rows of kind 0 counts the headers that were found: when
-- they are not as many as were chosen, something was put in place again in the meantime, and the caller asks anew.
WITH sumForEach(histogram) AS requests
SELECT
    intDiv(start, {period: UInt16}) * {period: UInt16} AS begin, kind, caller_name, caller_type, caller_account_id, name, type, account_id,
    max(root), min(inferred), sum(ok), sum(error), sum(throttle), sum(fault), sum(in_progress), sum(total_micros),
    (arrayFilter((bucket, n) -> n > 0, range(length(requests)), requests), arrayFilter(n -> n > 0, requests)), count()
FROM
(
    SELECT *
    FROM /* table */slices
    WHERE /* of group */kind IN {kinds: Array(UInt8)} AND (period, start, shard, version) IN /* headers */{headers: Array(Tuple(UInt16, UInt32, UInt16, UInt64))}
        AND ({all: UInt8} OR kind = 0 OR ((caller_name, caller_type, caller_account_id, name, type, account_id)
            = ({caller_name: String}, {caller_type: String}, {caller_account_id: String}, {name: String}, {type: String}, {account_id: String})))
    LIMIT 1 BY period, kind, start, shard, caller_name, caller_type, caller_account_id, name, type, account_id
)
GROUP BY begin, kind, caller_name, caller_type, caller_account_id, name, type, account_id
ORDER BY begin, kind, caller_name, caller_type, caller_account_id, name, type, account_id
LIMIT {limit: UInt32}
