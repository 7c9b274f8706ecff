-- How values begin, by one character more than `by_beginning`: of values that are random that leaves a tenth of what the other leaves.
-- Rows that are there already are not indexed for it.
ALTER TABLE traces ADD INDEX IF NOT EXISTS by_longer_beginning arrayMap(v -> substring(v, 1, 6), `facet.value`) TYPE bloom_filter(0.01) GRANULARITY 1 AFTER by_beginning;

-- Of a part with all columns in one file, few columns are not read much faster than all. What is merged is soon larger than this; what
-- is inserted is not.
ALTER TABLE traces MODIFY SETTING min_bytes_for_wide_part = 10000000;
