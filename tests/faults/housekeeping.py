"""One minute of housekeeping as django-q2 runs it, made shorter: a process of its own.

python -m tests.faults.housekeeping
"""

from datetime import timedelta

import django

if __name__ == "__main__":
    django.setup()
    from appointments import jobs

    jobs.SWEEPING = timedelta(seconds=6)
    jobs.PAUSE = timedelta(seconds=1)
    jobs.each_minute()
