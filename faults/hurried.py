"""The product's Celery app, whose pauses are FAULTS_HURRY times shorter: ``celery -A faults.hurried worker``.

Nothing else is changed: the same code decides whom to leave alone and for how long. Ten minutes of Google's are
half a minute at 20.
"""

import os

from newsletter.delivery import desk, outcome
from newsletter.delivery.throttling import operator_rules
from newsletter.tasks import from_environment

_TIMES = int(os.environ["FAULTS_HURRY"])

for _name in ("ROUND", "LONGEST_PAUSE", "GROW_AFTER", "FORGET_AFTER", "STOP"):
    setattr(operator_rules, _name, getattr(operator_rules, _name) / _TIMES)
outcome.BACKOFF = tuple(pause / _TIMES for pause in outcome.BACKOFF)
outcome.UNCERTAIN_PAUSE /= _TIMES
desk.BEHIND /= _TIMES

app = from_environment()
