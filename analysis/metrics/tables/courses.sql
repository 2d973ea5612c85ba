-- Training that was finished, with the unit of the technician.
SELECT
    training.business_unit, training.training_id, training.technician_id, CAST(training.finished_on AS TIMESTAMP) AS finished_at,
    training.hours, training.score, training.certifies_product_line,
    coalesce(training.kind, 'unknown') AS training_kind,
    coalesce(training.topic, 'unknown') AS topic
FROM training
WHERE training.finished_on <= cutoff()
