-- The norm: which step has which place in the process, and for which service mode it belongs to the path at all.
--
-- place: steps go up; an equal or lower place after a higher one is a step back. bit: the step in an order's mask. modes: where the step
-- is required; a mode that the order does not tell is 'unknown'. Steps without a row (paused, resumed, reassigned, escalated, cancelled)
-- have no place: a wait is measured apart, a hand-off and an escalation deviate by themselves.
SELECT * FROM (VALUES
    ('created', 1.0, 1, ['onsite', 'depot', 'remote', 'unknown']),
    ('reopened', 1.5, 0, CAST([] AS VARCHAR[])),
    ('handled', 2.0, 2, ['onsite', 'depot', 'remote', 'unknown']),
    ('assigned', 3.0, 4, ['onsite', 'depot', 'remote', 'unknown']),
    ('departed', 4.0, 8, CAST([] AS VARCHAR[])),
    ('arrived', 5.0, 16, ['onsite', 'depot']),
    ('started', 6.0, 32, ['onsite', 'depot', 'remote']),
    ('completed', 7.0, 64, ['onsite', 'depot', 'remote', 'unknown']),
    ('closed', 8.0, 128, CAST([] AS VARCHAR[]))
) AS norm(event, place, bit, modes)
