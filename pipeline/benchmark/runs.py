"""Measurements within one process: throughput, and memory over many photos."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import torch

from pipeline.benchmark.memory import Memory, current_memory, reset_peak
from pipeline.benchmark.stage_clock import StageClock
from pipeline.io import InputItem
from pipeline.spotter import TextSpotter

_SOAK_SAMPLES = 40


@dataclass(frozen=True)
class Throughput:
    """How fast photos were read, from the encoded file to the words.

    Attributes:
        photos: Photos read, over all passes.
        words: Words found in them.
        seconds: Wall time of all.
        cpu_seconds: Processor time of all, over all threads: what it takes whatever else runs.
        batch_seconds: Wall time a photo, of each batch.
        stages: Wall time of each stage, over all photos.
        cpu_stages: Processor time of each stage, over all photos.
        memory: At the end.
    """

    photos: int
    words: int
    seconds: float
    cpu_seconds: float
    batch_seconds: list[float]
    stages: dict[str, float]
    cpu_stages: dict[str, float]
    memory: Memory


@dataclass(frozen=True)
class Soak:
    """Memory over many photos in a row.

    Attributes:
        photos: How many were read.
        seconds: Wall time of all.
        samples: (photos read, resident MiB at the highest since the sample before), after the
            warm-up; each covers all photos where there is time for it.
        memory: At the end.
    """

    photos: int
    seconds: float
    samples: list[tuple[int, float]]
    memory: Memory

    @property
    def growth(self) -> float:
        """MiB from the start to the end."""
        return self.samples[-1][1] - self.samples[0][1] if self.samples else 0.0

    @property
    def late_growth(self) -> float:
        """MiB from the middle to the end: what is left when all buffers have their size."""
        middle = len(self.samples) // 2
        return self.samples[-1][1] - self.samples[middle][1] if self.samples else 0.0


def measure_throughput(
    spotter: TextSpotter,
    items: Sequence[InputItem],
    batch_size: int = 1,
    repeat: int = 1,
    on_batch: Callable[[int], object] = lambda count: None,
) -> Throughput:
    """Read photos ``repeat`` times over, after one batch that does not count.

    Args:
        spotter: The spotter.
        items: Photos; each is decoded anew in every pass.
        batch_size: Photos a call.
        repeat: Passes over the photos.
        on_batch: Called with the number of photos of each finished batch.

    Raises:
        ImageReadError: If a photo cannot be read.
        ValueError: If there are no photos.
    """
    if not items or batch_size < 1 or repeat < 1:
        raise ValueError(
            'wanted at least one photo, batch_size >= 1 and repeat >= 1, got '
            f'{len(items)} photos, batch_size={batch_size}, repeat={repeat}'
        )
    spotter.read_batch([item.load() for item in items[:batch_size]])
    device = torch.device(str(spotter.device))
    reset_peak(device)
    clock = StageClock(device)
    words, batch_seconds = 0, []
    start, cpu_start = time.perf_counter(), time.process_time()
    with clock.attached(spotter):
        for _ in range(repeat):
            for batch in _batches(items, batch_size):
                begin = time.perf_counter()
                with clock.stage('decode'):
                    images = [item.load() for item in batch]
                words += sum(len(found) for found in spotter.read_batch(images))
                batch_seconds.append((time.perf_counter() - begin) / len(batch))
                on_batch(len(batch))
    return Throughput(
        photos=len(items) * repeat,
        words=words,
        seconds=time.perf_counter() - start,
        cpu_seconds=time.process_time() - cpu_start,
        batch_seconds=batch_seconds,
        stages=clock.seconds,
        cpu_stages=clock.cpu_seconds,
        memory=current_memory(device),
    )


def soak(
    spotter: TextSpotter,
    items: Sequence[InputItem],
    photos: int,
    batch_size: int = 1,
    on_batch: Callable[[int], object] = lambda count: None,
) -> Soak:
    """Read many photos in a row and watch the resident memory.

    The first tenth warms up, and no less than one pass over the photos where ``photos`` holds
    it: until each has been seen, buffers still grow to the largest. Resident memory goes up and
    down with the photos, so the highest of each pass is what tells growth.

    Args:
        spotter: The spotter.
        items: Photos, gone through again and again.
        photos: How many to read.
        batch_size: Photos a call.
        on_batch: Called with the number of photos of each finished batch.

    Raises:
        ImageReadError: If a photo cannot be read.
        ValueError: If there are no photos.
    """
    if not items or photos < 1:
        raise ValueError(f'wanted photos, got {len(items)} of them to read {photos} times.')
    warm_up = min(max(photos // 10, len(items)), photos // 2)
    step = _sample_step(photos - warm_up, len(items))
    samples: list[tuple[int, float]] = []
    done, due, highest = 0, warm_up + step, 0.0
    device = torch.device(str(spotter.device))
    reset_peak(device)
    start = time.perf_counter()
    for batch in _batches(islice(cycle(items), photos), batch_size):
        spotter.read_batch([item.load() for item in batch])
        done += len(batch)
        on_batch(len(batch))
        resident = current_memory().resident
        if resident is None or done <= warm_up:
            continue
        highest = max(highest, resident)
        if done >= due:
            samples.append((done, highest))
            due, highest = done + step, 0.0
    seconds = time.perf_counter() - start
    if highest:  # What is left over joins the last sample.
        before = samples.pop()[1] if samples else 0.0
        samples.append((done, max(before, highest)))
    return Soak(photos, seconds, samples, current_memory(device))


def _sample_step(photos: int, distinct: int) -> int:
    """Photos a sample: passes over all distinct ones, but three samples at least."""
    passes = -(-photos // (_SOAK_SAMPLES * distinct))
    return max(1, min(passes * distinct, photos // 3))


def _batches(items: Any, batch_size: int) -> Iterator[list[InputItem]]:
    iterator = iter(items)
    while batch := list(islice(iterator, batch_size)):
        yield batch
