"""Counters of the server in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_BATCHES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """The metrics of one server."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._requests = Counter(
            'clipter_requests',
            'Requests to /v1/spot, by HTTP status.',
            ['status'],
            registry=registry,
        )
        self._left = Counter(
            'clipter_disconnected_requests',
            'Requests to /v1/spot whose client left before the answer.',
            registry=registry,
        )
        self._request_seconds = Histogram(
            'clipter_request_seconds',
            'Time from the headers of a request to its answer.',
            registry=registry,
            buckets=_SECONDS,
        )
        self._batch_seconds = Histogram(
            'clipter_batch_seconds',
            'Time of decoding and reading a batch.',
            registry=registry,
            buckets=_SECONDS,
        )
        self._batch_images = Histogram(
            'clipter_batch_images', 'Images per batch.', registry=registry, buckets=_BATCHES
        )
        self._words = Counter('clipter_words', 'Words in answers.', registry=registry)
        self._queue = Gauge(
            'clipter_queue_images', 'Images that wait or are read.', registry=registry
        )

    def watch_queue(self, size: Callable[[], int]) -> None:
        """Set the function that returns the number of images in the queue."""
        self._queue.set_function(size)

    def observe_request(self, status: int, seconds: float) -> None:
        """Count one answered request to ``/v1/spot``."""
        self._requests.labels(str(status)).inc()
        self._request_seconds.observe(seconds)

    def observe_left(self) -> None:
        """Count one request whose client left."""
        self._left.inc()

    def observe_batch(self, images: int, seconds: float) -> None:
        """Count one batch."""
        self._batch_images.observe(images)
        self._batch_seconds.observe(seconds)

    def observe_words(self, count: int) -> None:
        """Count the words of an answer."""
        self._words.inc(count)

    def text(self) -> bytes:
        """The metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
