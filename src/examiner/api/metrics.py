"""Counts and latencies in the Prometheus text format, by route template: no path, no id, no name becomes a label."""

import threading
from collections import defaultdict

_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What a process counted. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._seconds: dict[tuple[str, str], list[float]] = {}
        self._counts: dict[str, float] = defaultdict(float)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        with self._lock:
            self._requests[method, route, status] += 1
            row = self._seconds.setdefault((method, route), [0.0] * (len(_BUCKETS) + 2))
            for number, bound in enumerate(_BUCKETS):
                row[number] += seconds <= bound
            row[-2] += 1
            row[-1] += seconds

    def count(self, name: str, by: float = 1) -> None:
        """Count something of the service's own."""
        with self._lock:
            self._counts[name] += by

    def text(self, gauges: dict[str, float]) -> str:
        """Return everything as Prometheus reads it."""
        with self._lock:
            lines = ["# TYPE examiner_requests_total counter"]
            lines += [
                f'examiner_requests_total{{method="{m}",route="{r}",status="{s}"}} {n}'
                for (m, r, s), n in sorted(self._requests.items())
            ]
            lines.append("# TYPE examiner_request_seconds histogram")
            for (method, route), row in sorted(self._seconds.items()):
                label = f'method="{method}",route="{route}"'
                for bound, number in zip((*map(str, _BUCKETS), "+Inf"), row, strict=False):
                    lines.append(f'examiner_request_seconds_bucket{{{label},le="{bound}"}} {number:g}')
                lines.append(f"examiner_request_seconds_count{{{label}}} {row[-2]:g}")
                lines.append(f"examiner_request_seconds_sum{{{label}}} {row[-1]:.6f}")
            for name, value in sorted(self._counts.items()):
                lines += [f"# TYPE examiner_{name}_total counter", f"examiner_{name}_total {value:g}"]
        for name, value in sorted(gauges.items()):
            kind = name.partition("{")[0]
            lines += [f"# TYPE examiner_{kind} gauge", f"examiner_{name} {value:g}"]
        return "\n".join(lines) + "\n"
