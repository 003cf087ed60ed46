"""The warm-up plan: how many messages a new relay may be given on each of its first days.

Receiving operators judge an address by what it has sent before, and take a sudden flood from an unknown one for
what it mostly is. The plan starts at FIRST_DAY messages and grows by half each day, rounded to two figures:

| day | messages | day | messages | day | messages |
|---|---|---|---|---|---|
| 1 | 200 | 7 | 2,300 | 13 | 26,000 |
| 2 | 300 | 8 | 3,400 | 14 | 39,000 |
| 3 | 450 | 9 | 5,100 | 15 | 58,000 |
| 4 | 680 | 10 | 7,700 | 16 | 88,000 |
| 5 | 1,000 | 11 | 12,000 | 17 | no limit |
| 6 | 1,500 | 12 | 17,000 | | |
"""

from datetime import date

FIRST_DAY = 200
GROWTH = 1.5
LIMIT_ENDS_AT = 100_000
"""From the day on that would be allowed this many, there is no limit."""


def allowance(warm_up_on: date | None, today: date) -> int | None:
    """Return how many messages a relay may accept today; None for no limit, 0 before its first day.

    ``warm_up_on`` is that first day, None for a relay that needs no plan.
    """
    if warm_up_on is None:
        return None
    day = (today - warm_up_on).days
    if day < 0:
        return 0
    # The plan is over long before the power could grow too large to compute.
    planned = FIRST_DAY * GROWTH ** min(day, 100)
    return None if planned >= LIMIT_ENDS_AT else int(float(f"{planned:.2g}"))
