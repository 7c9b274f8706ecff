-- Rows of traces in an order in which a filter leaves out most of them unread. What is derived is not converted: the rows are computed
-- again from the facts.
TRUNCATE TABLE traced SYNC;
DROP TABLE IF EXISTS traces SYNC;

-- One row for each trace of a slice, and one more for a trace that lies in several (merged = 1, in the slices where it starts
-- and where it is listed): what filter expressions ask for. A row may be older than the facts: whoever finds a trace by it looks at
-- the documents; whoever must miss none also looks at the traces whose facts are newer than their slice in `traced`.
-- Within twenty minutes, traces of the same nodes stand together: most of these are not even read for a filter that names a node. The
-- few rows that are merged or rootless stand apart. A trace for which any of this has changed has a further row.
-- What is asked of all rows is compressed by what is fastest to read.
CREATE TABLE IF NOT EXISTS traces
(
    slice          UInt32,
    shard          UInt16,
    -- Of each node's name one bit: the same for the same set of nodes.
    shape          UInt32,
    trace_id       FixedString(16),
    merged         UInt8,
    version        UInt64,
    -- Of the earliest segment; of the earliest segment without a parent, where there is one. 0 without a segment.
    start_micros   UInt64 CODEC(ZSTD(1)),
    listed_micros  UInt64 CODEC(ZSTD(1)),
    end_micros     UInt64 CODEC(ZSTD(1)),
    -- Something was said, or is the case, that the row does not hold: it may match anything.
    undecided      UInt8,
    -- No segment here lacks a parent: any may be the root, and the root's columns say nothing.
    rootless       UInt8,
    partial        UInt8,
    faulty         UInt8,
    failed         UInt8,
    root_marks     UInt8,
    root_status    UInt16,
    root_response  UInt64,
    url            String,
    method         LowCardinality(String),
    user_agent     String CODEC(ZSTD(1)),
    client_ip      String CODEC(ZSTD(1)),
    -- What ran on a node or called one: segments, and calls; a call that a segment answers has that segment's node. Nodes are
    -- name, type and account with NULs between; an empty caller is none. marks: 1 error, 2 throttle, 4 fault, 8 ok,
    -- 16 in progress, 32 inferred, 64 without a parent, 128 ran on the node.
    `item.node`        Array(LowCardinality(String)),
    `item.caller`      Array(LowCardinality(String)),
    `item.marks`       Array(UInt8),
    `item.response`    Array(UInt64) CODEC(T64, LZ4),
    `facet.key`        Array(LowCardinality(String)),
    `facet.value`      Array(String) CODEC(ZSTD(1)),
    INDEX by_trace trace_id TYPE minmax GRANULARITY 1,
    INDEX by_undecided undecided TYPE minmax GRANULARITY 1,
    -- By names of nodes and of callers, keys, values, and how values begin (their type, and four characters). A condition asks them by
    -- the same words (libs/clickhouse/src/trace-condition.ts).
    INDEX by_node arrayMap(n -> substringIndex(n, '\0', 1), `item.node`) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_caller arrayMap(n -> substringIndex(n, '\0', 1), `item.caller`) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_key `facet.key` TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_value `facet.value` TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_beginning arrayMap(v -> substring(v, 1, 5), `facet.value`) TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(slice * 10, 'UTC'))
PRIMARY KEY (intDiv(slice, 120), merged, rootless, shape, slice)
ORDER BY (intDiv(slice, 120), merged, rootless, shape, slice, shard, trace_id)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 100000000, fsync_after_insert = 1, fsync_part_directory = 1;
