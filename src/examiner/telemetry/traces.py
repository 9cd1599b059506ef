"""Spans of a request, a commit, a model's call, a judge, an interviewer's turn; nothing where nobody collects them.

On where OTEL_EXPORTER_OTLP_ENDPOINT is set and `examiner[otel]` is installed; the SDK reads the other OTEL_ variables.
A span holds names, counts and times. No message of an error is in it: it may quote what somebody said.
"""

import logging
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

log = logging.getLogger(__name__)
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Span:
    """A stretch of time that nobody looks at; `with span(...) as it` costs next to nothing then."""

    def set(self, attributes: Mapping[str, Any]) -> None:
        """Add attributes."""

    def rename(self, name: str) -> None:
        """Give the span another name."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        return None


class _Live(Span):
    """A stretch of time that is recorded, and is the parent of those that begin within."""

    def __init__(self, tracer: Any, name: str, attributes: Mapping[str, Any], kind: str, parent: Any) -> None:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - only where traces are collected

        self._entered = tracer.start_as_current_span(
            name,
            context=parent,
            kind=SpanKind[kind.upper()],
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        )

    def set(self, attributes: Mapping[str, Any]) -> None:
        self._span.set_attributes(dict(attributes))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def __enter__(self) -> Self:
        self._span = self._entered.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None:
            from opentelemetry.trace import StatusCode  # noqa: PLC0415 - only where traces are collected

            self._span.set_status(StatusCode.ERROR)
            self._span.set_attribute("error.type", kind.__qualname__)
        self._entered.__exit__(None, None, None)


class _Collector:
    """Where the spans of this process go; there is one."""

    provider: Any = None
    tracer: Any = None


_off = Span()


def span(name: str, attributes: Mapping[str, Any] | None = None, *, kind: str = "internal", parent: Any = None) -> Span:
    """Return a span to be entered with `with`.

    Args:
        name: what is done; of low cardinality.
        attributes: what is known at the beginning.
        kind: internal, server or client.
        parent: what `caller` returned, where somebody else began the trace.

    """
    if _Collector.tracer is None:
        return _off
    return _Live(_Collector.tracer, name, attributes or {}, kind, parent)


def caller(traceparent: str) -> Any:
    """Return the trace that a request's `traceparent` header continues, None where there is none or nobody collects."""
    if _Collector.tracer is None or not traceparent:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def trace_id() -> str:
    """Return the id of the trace that runs, "" where there is none."""
    if _Collector.tracer is None:
        return ""
    from opentelemetry import trace  # noqa: PLC0415 - only where traces are collected

    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""


def start(version: str, environ: Mapping[str, str] | None = None, processor: Any = None) -> bool:
    """Begin to collect where the environment asks for it; tell whether it does.

    Args:
        version: this examiner's.
        environ: the process's own by default.
        processor: takes the spans instead of the exporter; for tests.

    """
    environ = os.environ if environ is None else environ
    if processor is None and not any(environ.get(name) for name in ENDPOINTS):
        return False
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

        if processor is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

            processor = BatchSpanProcessor(OTLPSpanExporter())
    except ImportError:
        log.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but nothing is traced: pip install 'examiner[otel]'")
        return False
    named = {"service.version": version} | ({} if environ.get("OTEL_SERVICE_NAME") else {"service.name": "examiner"})
    _Collector.provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    _Collector.provider.add_span_processor(processor)
    _Collector.tracer = _Collector.provider.get_tracer("examiner", version)
    return True


def stop() -> None:
    """Send what is left and collect no more."""
    provider, _Collector.provider, _Collector.tracer = _Collector.provider, None, None
    if provider is not None:
        provider.shutdown()
