"""Images per second of a test run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from pipeline.registry import HOOKS


@HOOKS.register_module()
class ThroughputHook(Hook):
    """Adds ``photos_per_second`` to the metrics: from decoded images to words, per process.

    Loading is not included, because workers do it in parallel. The first batch is a warm-up and is
    not included either, unless it is the only one.
    """

    # Runs first at the end of a batch, so that the time of other hooks is not included.
    priority = 'VERY_HIGH'

    def before_test_epoch(self, runner: Runner) -> None:
        """Reset the measurements."""
        self.batches: list[tuple[int, float]] = []

    def before_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Start the timer."""
        self.started = time.perf_counter()

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Stop the timer. Outputs are strings, so the device has finished."""
        self.batches.append((len(outputs or []), time.perf_counter() - self.started))

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Add the rate to the metrics."""
        timed = self.batches[1:] or self.batches
        seconds = sum(spent for _, spent in timed)
        if metrics is not None and seconds > 0:
            metrics['photos_per_second'] = sum(count for count, _ in timed) / seconds
