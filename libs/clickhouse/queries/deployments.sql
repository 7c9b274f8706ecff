-- First sights in [from, to) microseconds, newest first, each with the one before it on its node.
SELECT name, type, account_id, kind, value, previous, seen_micros
FROM
(
    SELECT
        name, type, account_id, kind, value, min(start_micros) AS seen_micros,
        lagInFrame(value) OVER (PARTITION BY name, type, account_id, kind ORDER BY seen_micros, value ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS previous
    FROM deployments
    GROUP BY name, type, account_id, kind, value
)
WHERE seen_micros >= {from: UInt64} AND seen_micros < {to: UInt64}
ORDER BY seen_micros DESC, name, type, account_id, kind, value
LIMIT {limit: UInt32}
