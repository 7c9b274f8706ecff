-- Every first sight, the newest first.
SELECT name, type, account_id, kind, value, min(start_micros) AS start_micros
FROM deployments
GROUP BY name, type, account_id, kind, value
ORDER BY start_micros DESC
LIMIT {limit: UInt32}
