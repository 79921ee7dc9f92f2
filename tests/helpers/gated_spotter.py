"""The default spotter with a gate before its reading, so that tests decide when it reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.onnx.spotter import OnnxTextSpotter
from pipeline.serve.settings import ServerSettings
from pipeline.structures import Word

SETTINGS = ServerSettings(
    max_body=400_000, max_pixels=500_000, queue_size=6, batch_size=3, batch_wait_s=0.05
)
"""Settings of the server of ``tests/serve``."""


class GatedSpotter(OnnxTextSpotter):
    """Waits until the gate is open. ``batches`` has the settings and size of each batch."""

    def prepare(self) -> None:
        self.gate = threading.Event()
        self.batches: list[tuple[float, int]] = []
        self.failing = 0
        self.gate.set()

    def read_batch(self, images: Sequence[Any]) -> list[list[Word]]:
        self.batches.append((self.min_score, len(images)))
        assert self.gate.wait(60)
        if self.failing and len(images) >= self.failing:
            raise RuntimeError('/srv/secret/model.onnx has failed')
        return super().read_batch(images)


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition that another thread makes true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'the condition did not become true'
        time.sleep(0.005)
