"""Progress of a training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner


@dataclass(frozen=True)
class Progress:
    """State of a training.

    Attributes:
        name: Name of the training.
        iteration: Number of finished iterations.
        total: Number of iterations of the training.
        loss: Loss of the last iteration.
    """

    name: str
    iteration: int
    total: int
    loss: float

    def __str__(self) -> str:
        return f'{self.name} {self.iteration}/{self.total}: loss {self.loss:.2f}'


class ProgressHook(Hook):
    """Reports iteration and loss. MMEngine's logger is not used because it lists all parameters.

    Args:
        report: Callback that receives the progress.
        name: Name of the training.
        interval: Number of iterations between reports.
    """

    priority = 'VERY_LOW'

    def __init__(self, report: Callable[[Progress], None], name: str, interval: int = 200) -> None:
        self.report = report
        self.name = name
        self.interval = interval

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Any] | None = None,
    ) -> None:
        """Report at every ``interval`` iterations and at the last one."""
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            loss = (outputs or {})['loss'].detach().item()
            self.report(Progress(self.name, runner.iter + 1, runner.max_iters, loss))
