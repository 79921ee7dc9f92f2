"""Time inside the networks of a spotter, without the work around them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from pipeline.onnx.spotter import OnnxTextSpotter
from pipeline.spotter import TextSpotter


class NetworkClock:
    """Sums the time of the networks' forward passes.

    On CUDA, events measure the time on the device, so that the clock does not wait for it.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self._events: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []
        self._open: list[Any] = []

    @property
    def seconds(self) -> float:
        """Time until now."""
        if self._events:
            torch.cuda.synchronize()
            self._seconds += sum(a.elapsed_time(b) for a, b in self._events) / 1000
            self._events.clear()
        return self._seconds

    @contextmanager
    def attached(self, spotter: TextSpotter) -> Iterator[None]:
        """Time the networks of a spotter while the context lasts."""
        with ExitStack() as stack:
            if isinstance(spotter, OnnxTextSpotter):
                for part in (spotter.detector, spotter.recognizer):
                    network = part.network
                    part.network = self._timed(network)
                    stack.callback(setattr, part, 'network', network)
            else:
                on_gpu = torch.device(str(spotter.device)).type == 'cuda'
                for module in _network_parts(spotter):
                    before = module.register_forward_pre_hook(lambda *_: self._start(on_gpu))
                    after = module.register_forward_hook(lambda *_: self._stop())
                    stack.callback(before.remove)
                    stack.callback(after.remove)
            yield

    def _timed(self, network: Any) -> Any:
        def timed(*args: Any) -> Any:
            self._start(False)
            try:
                return network(*args)
            finally:
                self._stop()

        return timed

    def _start(self, on_gpu: bool) -> None:
        self._open.append(_event() if on_gpu else time.perf_counter())

    def _stop(self) -> None:
        start = self._open.pop()
        if self._open:  # a part inside another one
            return
        if isinstance(start, float):
            self._seconds += time.perf_counter() - start
        else:
            self._events.append((start, _event()))


def _event() -> torch.cuda.Event:
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def _network_parts(spotter: Any) -> list[nn.Module]:
    """Backbones, necks, heads, encoders, and the layers of decoders, which are called by name."""
    recognizer = getattr(spotter.recognizer, 'recognizer', spotter.recognizer)
    parts = [*spotter.detector.detector.children(), *recognizer.children()]
    for module in (spotter.recognizer, *recognizer.children()):
        parts += module.children()
    return list(dict.fromkeys(parts))
