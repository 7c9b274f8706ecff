-- The oldest stored slice that begins in [from, to).
SELECT start FROM slices WHERE period = 10 AND kind = 0 AND start >= {from: UInt32} AND start < {to: UInt32} ORDER BY period, kind, start LIMIT 1
