-- One closed minute, ten minutes or hour ({period}, in seconds) as the sum of its slices' visible versions. Its version is the
-- highest of theirs, so a reader can tell whether a slice has been computed again since. FINAL: a slice that was put in place
-- twice (its answer was lost) counts once.
INSERT INTO slices
SETTINGS async_insert = 0, max_insert_threads = 1, max_threads = 1, enable_shared_storage_snapshot_in_query = 1
SELECT
    {period: UInt16}, row_kind, {start: UInt32}, {shard: UInt16},
    caller_name, caller_type, caller_account_id, name, type, account_id,
    {version: UInt64}, root, inferred, ok, error, throttle, fault, in_progress, total_micros, start_micros, end_micros, folded,
    histogram, durations
FROM
(
    SELECT
        kind AS row_kind, caller_name, caller_type, caller_account_id, name, type, account_id,
        max(root) AS root, min(inferred) AS inferred,
        sum(ok) AS ok, sum(error) AS error, sum(throttle) AS throttle, sum(fault) AS fault,
        sum(in_progress) AS in_progress, sum(total_micros) AS total_micros,
        min(start_micros) AS start_micros, max(end_micros) AS end_micros, sum(folded) AS folded,
        sumForEach(s.histogram) AS histogram, sumForEach(s.durations) AS durations
    FROM slices AS s FINAL
    WHERE period = 10 AND kind IN (1, 2, 3) AND start >= {start: UInt32} AND start < {start: UInt32} + {period: UInt16} AND shard = {shard: UInt16}
        AND (start, version) IN
        (
            SELECT start, max(version)
            FROM slices
            WHERE period = 10 AND kind = 0 AND start >= {start: UInt32} AND start < {start: UInt32} + {period: UInt16} AND shard = {shard: UInt16}
            GROUP BY start
        )
    GROUP BY kind, caller_name, caller_type, caller_account_id, name, type, account_id
    UNION ALL
    SELECT 0, '', '', '', '', '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, [], []
)
