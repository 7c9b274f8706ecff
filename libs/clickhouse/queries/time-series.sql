-- The chosen rows, added up by {period}, over every node (or edge) that one of the selectors means; without selectors over all. A
-- selector is six lists, of nothing for any value or of the one that is wanted. It is asked of few rows when every selector names
-- what it means: {names} then leaves out the others at a fifth of the cost. A client is meant only where its type is named: it has
-- the name of the node behind it. A row that was put in place twice (its answer was lost) counts once. The last columns count the rows
-- that were added up, and the headers that were found, as in `graph-history`.
WITH sumForEach(histogram) AS requests
SELECT
    intDiv(start, {period: UInt16}) * {period: UInt16} AS begin,
    sum(ok), sum(error), sum(throttle), sum(fault), sum(in_progress), sum(total_micros),
    (arrayFilter((bucket, n) -> n > 0, range(length(requests)), requests), arrayFilter(n -> n > 0, requests)),
    countIf(kind != 0), countIf(kind = 0)
FROM
(
    SELECT *
    FROM /* table */slices
    PREWHERE /* of group */kind IN (0, {kind: UInt8}) AND (period, start, shard, version) IN {headers: Array(Tuple(UInt16, UInt32, UInt16, UInt64))}
        AND ({any_name: UInt8} OR kind = 0 OR name IN {names: Array(String)})
    WHERE (kind = 0 OR empty({selectors: Array(Array(Array(String)))}) OR arrayExists(
            wanted -> arrayAll((values, value) -> empty(values) OR values[1] = value,
                    wanted, [caller_name, caller_type, caller_account_id, name, type, account_id])
                AND (caller_type != {client: String} OR has(wanted[2], {client: String})),
            {selectors: Array(Array(Array(String)))}))
    LIMIT 1 BY period, kind, start, shard, caller_name, caller_type, caller_account_id, name, type, account_id
)
GROUP BY begin
ORDER BY begin
