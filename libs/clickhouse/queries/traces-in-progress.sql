-- Traces with a document in progress: it has a version below the top bit; what is complete or void by now has one above it.
SELECT trace_id
FROM entities
WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} + {later_slices: UInt32}
    AND trace_id IN
    (
        SELECT trace_id FROM entities
        WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} + {later_slices: UInt32} AND kind != 0 AND NOT bitTest(version, 63)
    )
GROUP BY trace_id, id
HAVING NOT bitTest(max(version), 63)
