-- Which metrics were seen since then, in their order, behind the last one of the page before. An empty text is for any.
WITH CAST(arrayZip({pair_names: Array(String)}, {pair_values: Array(String)}), 'Array(Tuple(name String, value String))') AS pairs,
    CAST(arrayZip({after_names: Array(String)}, {after_values: Array(String)}), 'Array(Tuple(name String, value String))') AS after
SELECT namespace, name, dimensions
FROM metrics
WHERE seen >= toDateTime({since: UInt32}, 'UTC')
    AND (empty({namespace: String}) OR namespace = {namespace: String})
    AND (empty({name: String}) OR name = {name: String})
    AND hasAll(dimensions.name, {names: Array(String)})
    AND hasAll(dimensions, pairs)
    AND namespace >= {after_namespace: String}
    AND (namespace, name, dimensions) > ({after_namespace: String}, {after_name: String}, after)
ORDER BY namespace, name, dimensions
LIMIT 1 BY namespace, name, dimensions
LIMIT {limit: UInt32}
