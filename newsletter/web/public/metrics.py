"""Figures for Prometheus, read from the tables when they are asked for; nothing is counted here."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse, Response

from newsletter.insight.figures import source_health
from newsletter.schedule.alarms import alarms_in_force
from newsletter.schedule.figures import count_verdicts, oldest_unjudged, running_deliveries, seconds_since_tick
from newsletter.schedule.tables import AlarmKind
from newsletter.schedule.verdict import VerdictKind
from newsletter.web.doorway import Door

router = APIRouter()


@router.get("/metrics")
def show_metrics(door: Door) -> Response:
    """Return the figures in Prometheus' text format."""
    registry = CollectorRegistry()
    try:
        with door.services.database.transaction() as connection:
            registry.register(_Figures(connection, door.now()))
            text = generate_latest(registry)
    except sa.exc.OperationalError:
        return PlainTextResponse("PostgreSQL does not answer.\n", 503)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """One scrape, in one transaction."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self._connection, self._now = connection, now

    def collect(self) -> Iterator[Metric]:
        yield self._editions()
        ago = seconds_since_tick(self._connection)
        yield GaugeMetricFamily(
            "newsletter_tick_age_seconds",
            "Seconds since the last tick; infinite where none was done.",
            value=float("inf") if ago is None else ago,
        )
        oldest = oldest_unjudged(self._connection, self._now)
        yield GaugeMetricFamily(
            "newsletter_oldest_due_seconds",
            "Age of the oldest edition that is due and has no verdict; 0 where there is none.",
            value=0.0 if oldest is None else (self._now - oldest).total_seconds(),
        )
        yield self._deliveries()
        failing = [each for each in source_health(self._connection) if each.last_error]
        yield GaugeMetricFamily(
            "newsletter_sources_failing", "Sources whose last poll failed.", value=len(failing)
        )
        yield self._alarms()

    def _editions(self) -> Metric:
        # No counter: the verdict on an edition changes when it is sent after all.
        counted = GaugeMetricFamily(
            "newsletter_editions", "Editions that ended, by verdict.", labels=["newsletter", "verdict"]
        )
        for slug, counts in count_verdicts(self._connection).items():
            for kind in VerdictKind:
                if kind is not VerdictKind.RUNNING:
                    counted.add_metric([slug, kind], counts.get(kind, 0))
        return counted

    def _deliveries(self) -> Metric:
        gauge = GaugeMetricFamily(
            "newsletter_deliveries", "Deliveries of each running edition, by state.", labels=["edition", "state"]
        )
        for name, counts in running_deliveries(self._connection).items():
            for state, count in counts.items():
                gauge.add_metric([name, state], count)
        return gauge

    def _alarms(self) -> Metric:
        gauge = GaugeMetricFamily("newsletter_alarms", "Alarms in force, by kind.", labels=["kind"])
        kinds = [each.kind for each in alarms_in_force(self._connection)]
        for kind in AlarmKind:
            gauge.add_metric([kind], kinds.count(kind))
        return gauge
