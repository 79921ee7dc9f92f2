"""Photos per second of a test run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from pipeline.registry import HOOKS


@HOOKS.register_module()
class ThroughputHook(Hook):
    """Adds ``photos_per_second`` to the metrics: from decoded photos to words, on this process.

    Reading files is not in it (workers do that meanwhile), nor is the first batch, which warms up,
    unless it is the only one.
    """

    # First to see a batch end; what other hooks do with it is not the model's time.
    priority = 'VERY_HIGH'

    def before_test_epoch(self, runner: Runner) -> None:
        """Start counting."""
        self.batches: list[tuple[int, float]] = []

    def before_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Note the time."""
        self.started = time.perf_counter()

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Note what the batch took. Texts are strings by now, so no device is still at work."""
        self.batches.append((len(outputs or []), time.perf_counter() - self.started))

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Put the rate beside the scores."""
        timed = self.batches[1:] or self.batches
        seconds = sum(spent for _, spent in timed)
        if metrics is not None and seconds > 0:
            metrics['photos_per_second'] = sum(count for count, _ in timed) / seconds
