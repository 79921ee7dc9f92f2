"""Time of scene context per image, by number of words and pooling kernel."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from pipeline.benchmark.stage_clock import StageClock
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.encoder import ClipImageEncoder, ContextPool
from pipeline.clipter.fusion_places import fuses_behind_backbone
from pipeline.detection.detections import Detections
from pipeline.torch_spotter import TorchTextSpotter

OFF = 'off'
_GRID = (20, 5)  # Rows and columns of the words if the detector finds none.


@dataclass(frozen=True)
class ContextCost:
    """Time of one image. All times are medians over the passes.

    Attributes:
        words: Number of words.
        context: ``'off'``, or the pooling kernel: ``'k=1'``, ``'k=inf'``.
        seconds: Wall time of the image.
        cpu_seconds: Processor time of the image.
        tower_seconds: Wall time of the context encoder. On a GPU it runs parallel to the detector.
        tower_cpu_seconds: Processor time of the context encoder.
        recognizer_seconds: Wall time of the recognizer, including the fusion.
        recognizer_cpu_seconds: Processor time of the recognizer.
        encodings: Number of encoded images.
    """

    words: int
    context: str
    seconds: float
    cpu_seconds: float
    tower_seconds: float
    tower_cpu_seconds: float
    recognizer_seconds: float
    recognizer_cpu_seconds: float
    encodings: int


def add_random_context(
    spotter: TorchTextSpotter, arch: str | Mapping[str, Any]
) -> TorchTextSpotter:
    """Add scene context with random weights to a plain spotter. It takes as long as a trained one.

    The fusion is early ``MultiHeadCrossAttention`` of size ``mini`` with an open gate.

    Args:
        spotter: Spotter without context. The new spotter shares its modules.
        arch: Architecture of the tower: a name in open_clip, or a config.
    """
    plain = spotter.recognizer
    encoder = plain.encoder
    width = encoder.in_channels if fuses_behind_backbone(plain) else encoder.embed_dim
    context_encoder = ClipImageEncoder(arch, None, allow_random=True)
    context_encoder.prepare_to_read()
    recognizer = ContextRecognizer(
        recognizer=plain,
        context_encoder=context_encoder,
        fusion=dict(type='MultiHeadCrossAttention', embed_dim=width, num_heads=4, size='mini'),
    )
    torch.nn.init.constant_(recognizer.fusion.gate.alpha, 0.5)
    return (
        TorchTextSpotter(
            spotter.detector, spotter.rectifier, recognizer, min_score=spotter.min_score
        )
        .to(spotter.device)
        .eval()
    )


def measure_context_cost(
    spotter: TorchTextSpotter,
    image: np.ndarray,
    words: Sequence[int] = (1, 20, 100),
    kernels: Sequence[int | str] = (1, 'inf'),
    repeat: int = 5,
    on_pass: Callable[[], object] = lambda: None,
) -> list[ContextCost]:
    """Measure the time of an image with context off and on.

    The settings alternate, so other load on the machine affects all of them. The detector runs, but
    its polygons are replaced by the given number of words: its own polygons, repeated as needed.

    Args:
        spotter: Spotter with context.
        image: (H, W, 3) uint8 BGR.
        words: Numbers of words to measure.
        kernels: Pooling kernels to measure.
        repeat: Timed passes, after one warm-up pass.
        on_pass: Callback after each reading.

    Raises:
        ValueError: If the spotter has no context, or a number is not positive.
    """
    if not spotter.has_context:
        raise ValueError('wanted a spotter with scene context, got one without.')
    if repeat < 1 or min(words, default=0) < 1:
        raise ValueError(f'wanted words and repeat of at least 1, got {words} and {repeat}.')
    settings = [OFF, *(f'k={kernel}' for kernel in kernels)]
    found = spotter.detector([image])[0]
    rings = list(found.polygons) or _grid_of_words(image)
    costs = []
    for count in words:
        chosen = [rings[i % len(rings)] for i in range(count)]
        passes: dict[str, list[dict[str, Any]]] = {setting: [] for setting in settings}
        with _finding(spotter, Detections(chosen, np.ones(count, dtype=np.float32))):
            for number in range(repeat + 1):
                for setting in settings:
                    measured = _read(spotter, image, setting)
                    if number:
                        passes[setting].append(measured)
                    on_pass()
        costs += [
            ContextCost(
                words=count,
                context=setting,
                **{
                    name: statistics.median(measured[name] for measured in passes[setting])
                    for name in passes[setting][0]
                },
            )
            for setting in settings
        ]
    return costs


def _read(spotter: TorchTextSpotter, image: np.ndarray, setting: str) -> dict[str, Any]:
    recognizer = spotter.recognizer
    spotter.use_context(setting != OFF)
    if setting != OFF:
        recognizer.context_encoder.pool = ContextPool(setting.removeprefix('k='))
    clock = StageClock(spotter.device)
    encode, calls = recognizer.encode_images, []

    def counted(images: Sequence[np.ndarray]) -> Any:
        calls.append(len(images))
        return encode(images)

    recognizer.encode_images = counted
    try:
        with clock.attached(spotter):
            start, cpu_start = time.perf_counter(), time.process_time()
            spotter.read_batch([image])
            seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    finally:
        del recognizer.encode_images
        spotter.use_context(True)
    return {
        'seconds': seconds,
        'cpu_seconds': cpu,
        'tower_seconds': clock.seconds['encode scene'],
        'tower_cpu_seconds': clock.cpu_seconds['encode scene'],
        'recognizer_seconds': clock.seconds['recognize'],
        'recognizer_cpu_seconds': clock.cpu_seconds['recognize'],
        'encodings': sum(calls),
    }


@contextmanager
def _finding(spotter: TorchTextSpotter, found: Detections) -> Iterator[None]:
    """Run the detector, but return these detections instead of its own."""
    detect = spotter.detector.forward

    def forward(images: Sequence[np.ndarray]) -> list[Detections]:
        detect(images)
        return [found for _ in images]

    spotter.detector.forward = forward  # type: ignore[method-assign]
    try:
        yield
    finally:
        del spotter.detector.forward


def _grid_of_words(image: np.ndarray) -> list[np.ndarray]:
    height, width = image.shape[0] / _GRID[0], image.shape[1] / _GRID[1]
    corners = np.array([[0.1, 0.2], [0.9, 0.2], [0.9, 0.8], [0.1, 0.8]], dtype=np.float32)
    scale = np.array([width, height], dtype=np.float32)
    return [
        (corners + np.array([column, row], dtype=np.float32)) * scale
        for row in range(_GRID[0])
        for column in range(_GRID[1])
    ]
