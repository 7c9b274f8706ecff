-- Segments of the slices {first} to {last} that name the sampling rule by which they were chosen: how many of each rule on each node.
-- A segment counts once, in however many versions it came.
SELECT
    slice, substring(facet_values[indexOf(facet_keys, {rule_facet: String})], 2) AS rule, name, type, account_id, uniqExact(trace_id, id)
FROM entities
WHERE slice >= {first: UInt32} AND slice <= {last: UInt32} AND kind = 1 AND has(facet_keys, {rule_facet: String}) /* members */
GROUP BY slice, rule, name, type, account_id
ORDER BY slice, rule, name, type, account_id
SETTINGS max_threads = 1
