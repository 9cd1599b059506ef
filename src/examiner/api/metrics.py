"""Counts and latencies for Prometheus, by route template: no path, no id, no name becomes a label.

Each process counts for itself and is scraped for itself. Where several share an address, PROMETHEUS_MULTIPROC_DIR names a
folder, empty at start, in which they add up; prometheus-client reads it when it is imported.
"""

import os
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

disable_created_metrics()  # type: ignore[no-untyped-call]
_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# name -> (help, the label's name or "", values by label); asked for when somebody looks.
Gauges = Mapping[str, tuple[str, str, Mapping[str, float]]]


class Metrics:
    """What a process counted. Safe to share between threads.

    Args:
        gauges: gives what is true at the moment of asking.

    """

    def __init__(self, gauges: Callable[[], Gauges]) -> None:
        own = CollectorRegistry()
        self._requests = Counter(
            "examiner_requests_total", "Requests answered.", ["method", "route", "status"], registry=own
        )
        self._seconds = Histogram(
            "examiner_request_seconds", "From receipt to the last byte.", ["method", "route"], buckets=_BUCKETS, registry=own
        )  # fmt: skip
        self._shown = own
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            self._shown = CollectorRegistry()
            MultiProcessCollector(self._shown)  # type: ignore[no-untyped-call]
        self._shown.register(_Now(gauges))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> str:
        """Return everything as Prometheus reads it."""
        return generate_latest(self._shown).decode()


class _Now:
    """Gauges read when they are collected: no process keeps them, so none can keep an old one."""

    def __init__(self, gauges: Callable[[], Gauges]) -> None:
        self._gauges = gauges

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: what there is, is known only when somebody looks."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each gauge."""
        for name, (says, label, values) in self._gauges().items():
            family = GaugeMetricFamily(f"examiner_{name}", says, labels=[label] if label else [])
            for key, value in values.items():
                family.add_metric([key] if label else [], value)
            yield family
