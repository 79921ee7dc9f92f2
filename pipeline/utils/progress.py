"""Progress of long work: a bar on a terminal, otherwise one line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

SECONDS = 10.0
"""Time between two lines."""

Item = TypeVar('Item')


class Progress:
    """Progress of work with a known number of steps, on stderr.

    Args:
        total: Number of steps.
        unit: Name of one step, for example ``'photo'``.
        quiet: Whether nothing is printed.
        clock: Source of the time in seconds.
    """

    def __init__(
        self,
        total: int,
        unit: str,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.unit, self.done = total, unit, 0
        quiet = quiet or total < 2
        on_terminal = sys.stderr.isatty()
        self._bar = tqdm(
            total=total,
            unit=unit,
            file=sys.stderr,
            dynamic_ncols=True,
            disable=quiet or not on_terminal,
        )
        self._lines = not quiet and not on_terminal
        self._clock = clock
        self._start = self._last = clock()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, steps: int = 1) -> None:
        """Count steps that are done."""
        self.done += steps
        self._bar.update(steps)
        now = self._clock()
        if self._lines and now - self._last >= SECONDS:
            self._last = now
            each = (now - self._start) / max(self.done, 1)
            left = each * (self.total - self.done)
            print(
                f'{self.done} of {self.total} {self.unit}s, {each:.2g} s per {self.unit}, '
                f'{_duration(left)} left',
                file=sys.stderr,
                flush=True,
            )


def track(items: Iterable[Item], total: int, unit: str, quiet: bool = False) -> Iterator[Item]:
    """Iterate with a :class:`Progress`."""
    with Progress(total, unit, quiet) as progress:
        for item in items:
            yield item
            progress.update()


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f'{seconds:.0f} s'
    return f'{minutes} min' if minutes < 120 else f'{seconds / 3600:.1f} h'
