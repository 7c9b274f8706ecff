-- How long the versions of one trace's documents are together.
SELECT sum(length(raw))
FROM documents
WHERE trace_id = toFixedString(unhex({trace_id: String}), 16)
