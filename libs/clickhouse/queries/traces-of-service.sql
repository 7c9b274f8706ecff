-- Traces that a node took part in, within these slices or up to so many slices later.
SELECT trace_id
FROM entities
WHERE slice >= {first_slice: UInt32} AND slice <= {last_slice: UInt32} + {later_slices: UInt32}
    AND kind IN (1, 2) AND name = {service_name: String} AND type = {service_type: String} AND account_id = {service_account: String}
