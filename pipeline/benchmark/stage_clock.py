"""Time of each stage of a spotter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from pipeline.spotter import TextSpotter

STAGES = ('decode', 'detect', 'rectify', 'encode scene', 'recognize', 'collect')
"""Stages of reading an image, in order."""

_METHODS = {
    'collect': 'read_batch',
    'detect': 'detect',
    'rectify': 'rectify',
    'encode scene': 'encode',
    'recognize': 'read_oriented',
}


class StageClock:
    """Sums the time of each stage of a spotter.

    The time of a stage excludes the stages that run inside it. ``collect`` is the rest of
    ``read_batch``: choosing orientations, splitting words, and putting words in reading order.

    Args:
        device: Device of the spotter. On CUDA, the clock synchronizes at the start and the end of a
            stage. Otherwise the work would be counted in the stage that fetches its result.

    Attributes:
        seconds: Stage -> wall time.
        cpu_seconds: Stage -> processor time over all threads of this process.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._running: list[str] = []
        self._since = (0.0, 0.0)
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.cpu_seconds = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside the context for a stage. The enclosing stage pauses."""
        self._switch()
        self._running.append(name)
        try:
            yield
        finally:
            self._switch()
            self._running.pop()

    @contextmanager
    def attached(self, spotter: TextSpotter) -> Iterator[None]:
        """Time the stages of a spotter while the context lasts."""
        with ExitStack() as stack:
            replace = stack.enter_context(_replacing())
            for stage, method in _METHODS.items():
                if method == 'encode' and not spotter.has_context:
                    continue
                replace(spotter, method, self._timed(stage, getattr(spotter, method)))
            yield

    def _switch(self) -> None:
        """Add the time since the last switch to the innermost stage."""
        if self._device.type == 'cuda':
            torch.cuda.synchronize(self._device)
        now = (time.perf_counter(), time.process_time())
        if self._running:
            name = self._running[-1]
            self.seconds[name] += now[0] - self._since[0]
            self.cpu_seconds[name] += now[1] - self._since[1]
        self._since = now

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                return function(*args, **kwargs)

        return timed


@contextmanager
def _replacing() -> Iterator[Callable[[Any, str, Any], None]]:
    """Yield a function that sets an attribute. All attributes are restored at the end."""
    undo: list[tuple[Any, str, Any]] = []
    missing = object()

    def replace(owner: Any, name: str, value: Any) -> None:
        undo.append((owner, name, vars(owner).get(name, missing)))
        setattr(owner, name, value)

    try:
        yield replace
    finally:
        for owner, name, before in reversed(undo):
            if before is missing:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
