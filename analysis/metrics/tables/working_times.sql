-- Orders with their stamps on the clock of working hours: each moment moved so that the distance between two of them is the working time
-- between them, and the cut-off stays where it is. What is measured from them is measured as any other duration, open orders censored.
--
-- A moment outside working hours counts as the end of the hours before it. An order of which a stamp lies on a day that the calendar does not
-- hold is left out, and every order where the cut-off lies on such a day: its working time is not known.
WITH now_at AS (
    SELECT d.seconds_before + least(greatest(epoch(cutoff() - d.opens), 0), d.seconds) AS seconds
    FROM day_clock AS d
    WHERE d.day = CAST(cutoff() - INTERVAL 1 MICROSECOND AS DATE)
), passed AS (
    SELECT
        o.*,
        d1.seconds_before + least(greatest(epoch(o.submitted_at - d1.opens), 0), d1.seconds) AS submitted,
        d2.seconds_before + least(greatest(epoch(o.handled_at - d2.opens), 0), d2.seconds) AS handled,
        d3.seconds_before + least(greatest(epoch(o.assigned_at - d3.opens), 0), d3.seconds) AS assigned,
        d4.seconds_before + least(greatest(epoch(o.arrived_at - d4.opens), 0), d4.seconds) AS arrived,
        d5.seconds_before + least(greatest(epoch(o.first_response_at - d5.opens), 0), d5.seconds) AS responded,
        d6.seconds_before + least(greatest(epoch(o.completed_at - d6.opens), 0), d6.seconds) AS completed,
        d7.seconds_before + least(greatest(epoch(o.left_at - d7.opens), 0), d7.seconds) AS away,
        now_at.seconds AS now_seconds
    FROM orders AS o
    CROSS JOIN now_at
    JOIN day_clock AS d1 ON d1.day = CAST(o.submitted_at AS DATE)
    LEFT JOIN day_clock AS d2 ON d2.day = CAST(o.handled_at AS DATE)
    LEFT JOIN day_clock AS d3 ON d3.day = CAST(o.assigned_at AS DATE)
    LEFT JOIN day_clock AS d4 ON d4.day = CAST(o.arrived_at AS DATE)
    LEFT JOIN day_clock AS d5 ON d5.day = CAST(o.first_response_at AS DATE)
    LEFT JOIN day_clock AS d6 ON d6.day = CAST(o.completed_at AS DATE)
    LEFT JOIN day_clock AS d7 ON d7.day = CAST(o.left_at AS DATE)
)
SELECT
    work_order_id, business_unit, submitted_at, handled_at, assigned_at, arrived_at, first_response_at, completed_at, left_at, status,
    service_mode, product_line, work_order_type, channel, priority,
    cutoff() - to_microseconds(CAST(round(1e6 * (now_seconds - submitted)) AS BIGINT)) AS working_submitted_at,
    cutoff() - to_microseconds(CAST(round(1e6 * (now_seconds - handled)) AS BIGINT)) AS working_handled_at,
    cutoff() - to_microseconds(CAST(round(1e6 * (now_seconds - assigned)) AS BIGINT)) AS working_assigned_at,
    cutoff() - to_microseconds(CAST(round(1e6 * (now_seconds - arrived)) AS BIGINT)) AS working_arrived_at,
    cutoff() - to_microseconds(CAST(round(1e6 * (now_seconds - responded)) AS BIGINT)) AS working_responded_at,
    cutoff() - to_microseconds(CAST(round(1e6 * (now_seconds - completed)) AS BIGINT)) AS working_completed_at,
    cutoff() - to_microseconds(CAST(round(1e6 * (now_seconds - away)) AS BIGINT)) AS working_left_at
FROM passed
WHERE (handled IS NULL) = (handled_at IS NULL) AND (assigned IS NULL) = (assigned_at IS NULL) AND (arrived IS NULL) = (arrived_at IS NULL)
    AND (responded IS NULL) = (first_response_at IS NULL) AND (completed IS NULL) = (completed_at IS NULL) AND (away IS NULL) = (left_at IS NULL)
