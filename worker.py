"""The Celery app: ``celery -A worker worker`` and ``celery -A worker beat``."""

from newsletter.tasks import from_environment

app = from_environment()
