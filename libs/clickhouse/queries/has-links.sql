-- One row when any trace was ever linked to another.
SELECT 1 FROM links_by_cause LIMIT 1
