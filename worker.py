"""The Celery app: ``celery -A worker worker`` and ``celery -A worker beat``."""

from newsletter.config import Settings
from newsletter.tasks import create_celery

app = create_celery(Settings.from_environment())
