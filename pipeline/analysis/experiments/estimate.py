"""Progress lines of the experiments, with the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pipeline.analysis.context.progress_hook import Progress


class Estimator:
    """Reports the progress of several runs and estimates the remaining time.

    The estimate assumes that an iteration takes as long as in the runs so far, and the rest of a
    run (scene tokens, measurement) as long as in the finished runs.

    Args:
        lengths: (Name of the run, seed) -> number of iterations, for each run to do.
        report: Callback that receives lines.
        now: Clock in seconds.
    """

    def __init__(
        self,
        lengths: Mapping[tuple[str, int], int],
        report: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lengths = dict(lengths)
        self.report = report
        self.now = now
        self.seconds = 0.0
        self._total = len(lengths)
        self._finished = 0
        self._name = ''
        self._key = ('', 0)
        self._train_seconds = 0.0
        self._train_iters = 0
        self._other_seconds = 0.0
        self._last: tuple[float, int] | None = None

    @contextmanager
    def run(self, name: str, seed: int) -> Iterator[None]:
        """Time one run."""
        self._key, self._name = (name, seed), f'{name} (seed {seed})'
        start, trained = self.now(), self._train_seconds
        self.seconds, self._last = 0.0, (start, 0)
        self.say('starts')
        yield
        self._other_seconds += self.now() - start - (self._train_seconds - trained)
        self._finished += 1
        del self.lengths[self._key]
        left = self.left()
        self.report(
            f'[{self._finished}/{self._total}] {self._name}: done'
            + (f', about {_duration(left)} left' if self.lengths and left is not None else '')
        )

    def iteration(self, progress: Progress) -> None:
        """Report the progress of a training."""
        now = self.now()
        if self._last is not None and self._last[1]:  # the first lines include the start
            self._train_seconds += now - self._last[0]
            self._train_iters += progress.iteration - self._last[1]
        self._last = (now, progress.iteration)
        self.lengths[self._key] = progress.total - progress.iteration
        left = self.left()
        self.seconds = (
            self._train_seconds / self._train_iters * progress.total if self._train_iters else 0.0
        )
        self.say(
            f'{progress.iteration}/{progress.total} iterations, loss {progress.loss:.3f}'
            + ('' if left is None else f', about {_duration(left)} left in all')
        )

    def say(self, line: str) -> None:
        """Report a line of the current run."""
        self.report(f'[{self._finished + 1}/{self._total}] {self._name}: {line}')

    def left(self) -> float | None:
        """Seconds that are left, or None before the first measurement."""
        if not self._train_iters:
            return None
        training = sum(self.lengths.values()) * self._train_seconds / self._train_iters
        return training + len(self.lengths) * self._other_seconds / max(self._finished, 1)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f'{seconds:.0f} s'
    return f'{seconds / 60:.0f} min' if seconds < 5400 else f'{seconds / 3600:.1f} h'
