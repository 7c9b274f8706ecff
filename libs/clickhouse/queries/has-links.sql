-- One row when anything was ever linked.
SELECT 1 FROM links LIMIT 1
