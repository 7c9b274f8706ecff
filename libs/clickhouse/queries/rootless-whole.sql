-- A trace with a row of all its slices is asked by that one.
AND (merged OR trace_id NOT IN
(
    SELECT trace_id FROM traces
    WHERE merged AND slice BETWEEN {first_slice: UInt32} - 8640 AND {last_slice: UInt32} + 8640 AND trace_id IN
    (
        SELECT trace_id FROM traces
        WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} AND rootless AND NOT merged AND /* rootless condition */
    )
))
