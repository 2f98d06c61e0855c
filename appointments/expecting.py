"""Who is still expected in a hall: what its line asks of the bookings.

A part of the statement that reads a hall (queues/lining_up.py), so that people who have
just checked in are counted once: in the line.
"""

BOOKED = """
    SELECT matter_id, starts_at, count(*) AS people FROM appointments_booking
    WHERE hall_id = %(hall)s AND state = 'confirmed'
        AND service_day BETWEEN %(day)s::date - 1 AND %(day)s::date + 1
        AND starts_at BETWEEN %(now)s - interval '15 minutes' AND %(now)s + interval '3 hours'
    GROUP BY matter_id, starts_at ORDER BY starts_at, matter_id
"""
