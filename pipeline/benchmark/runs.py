"""Throughput, and memory over many images, in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import torch

from pipeline.benchmark.memory import Memory, current_memory, reset_peak
from pipeline.benchmark.network_clock import NetworkClock
from pipeline.benchmark.stage_clock import StageClock
from pipeline.io import InputItem
from pipeline.io.several import split_batches
from pipeline.spotter import TextSpotter

_SOAK_SAMPLES = 40


@dataclass(frozen=True)
class Throughput:
    """Time of reading images, from the encoded file to the words.

    Attributes:
        photos: Number of images over all passes.
        words: Number of words found in them.
        seconds: Total wall time.
        cpu_seconds: Total processor time over all threads. It does not include other processes.
        batch_seconds: Wall time per image of each batch.
        stages: Stage -> total wall time.
        cpu_stages: Stage -> total processor time.
        networks: Total time of the networks' forward passes.
        stream_seconds: Total wall time with several batches at once.
        stream_cpu_seconds: Its processor time.
        memory: Memory at the end.
    """

    photos: int
    words: int
    seconds: float
    cpu_seconds: float
    batch_seconds: list[float]
    stages: dict[str, float]
    cpu_stages: dict[str, float]
    networks: float
    stream_seconds: float
    stream_cpu_seconds: float
    memory: Memory


@dataclass(frozen=True)
class Soak:
    """Memory over many images in a row.

    Attributes:
        photos: Number of images.
        seconds: Total wall time.
        samples: (number of images read, peak resident MiB since the previous sample), after the
            warm-up. A sample covers complete passes over the distinct images if there are enough.
        memory: Memory at the end.
    """

    photos: int
    seconds: float
    samples: list[tuple[int, float]]
    memory: Memory

    @property
    def growth(self) -> float:
        """Growth in MiB from the first to the last sample."""
        return self.samples[-1][1] - self.samples[0][1] if self.samples else 0.0

    @property
    def late_growth(self) -> float:
        """Growth in MiB from the middle to the last sample, when buffers have their final size."""
        middle = len(self.samples) // 2
        return self.samples[-1][1] - self.samples[middle][1] if self.samples else 0.0


def measure_throughput(
    spotter: TextSpotter,
    items: Sequence[InputItem],
    batch_size: int = 1,
    repeat: int = 1,
    on_batch: Callable[[int], object] = lambda count: None,
) -> Throughput:
    """Time the reading of images, after one warm-up batch.

    Batches are read one after another for the times of the stages, and then once more several at a
    time.

    Args:
        spotter: Spotter to measure.
        items: Images. Each pass decodes them again.
        batch_size: Images per call of the spotter.
        repeat: Number of passes over the images.
        on_batch: Callback that receives the number of images of each finished batch.

    Raises:
        ImageReadError: If an image cannot be read.
        ValueError: If ``items`` is empty, or a number is below 1.
    """
    if not items or batch_size < 1 or repeat < 1:
        raise ValueError(
            'wanted at least one image, batch_size >= 1 and repeat >= 1, got '
            f'{len(items)} images, batch_size={batch_size}, repeat={repeat}'
        )
    spotter.read_batch([item.load() for item in items[:batch_size]])
    device = torch.device(str(spotter.device))
    reset_peak(device)
    clock, networks = StageClock(device), NetworkClock()
    words, batch_seconds = 0, []
    start, cpu_start = time.perf_counter(), time.process_time()
    with clock.attached(spotter), networks.attached(spotter):
        for _ in range(repeat):
            for batch in split_batches(items, batch_size):
                begin = time.perf_counter()
                with clock.stage('decode'):
                    images = [item.load() for item in batch]
                words += sum(len(found) for found in spotter.read_batch(images))
                batch_seconds.append((time.perf_counter() - begin) / len(batch))
                on_batch(len(batch))
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    start, cpu_start = time.perf_counter(), time.process_time()
    for done in spotter.map_batches(
        lambda batch: len(spotter.read_batch([item.load() for item in batch])),
        split_batches(list(items) * repeat, batch_size),
    ):
        on_batch(done)
    return Throughput(
        photos=len(items) * repeat,
        words=words,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        networks=networks.seconds,
        stream_seconds=time.perf_counter() - start,
        stream_cpu_seconds=time.process_time() - cpu_start,
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
    """Read many images in a row and sample the resident memory.

    The warm-up is a tenth of the images, and at least one pass over the distinct images if this is
    at most half of all. Buffers grow until the largest image has been read. Resident memory varies
    with the image, so each sample is the peak of whole passes.

    Args:
        spotter: Spotter to measure.
        items: Distinct images, read in a cycle.
        photos: Number of images to read.
        batch_size: Images per call of the spotter.
        on_batch: Callback that receives the number of images of each finished batch.

    Raises:
        ImageReadError: If an image cannot be read.
        ValueError: If ``items`` is empty.
    """
    if not items or photos < 1:
        raise ValueError(f'wanted images to read, got {len(items)} images and {photos} readings.')
    warm_up = min(max(photos // 10, len(items)), photos // 2)
    step = _sample_step(photos - warm_up, len(items))
    samples: list[tuple[int, float]] = []
    done, due, highest = 0, warm_up + step, 0.0
    device = torch.device(str(spotter.device))
    reset_peak(device)
    start = time.perf_counter()
    for batch in split_batches(islice(cycle(items), photos), batch_size):
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
    if highest:  # The last, incomplete sample is merged with the one before.
        before = samples.pop()[1] if samples else 0.0
        samples.append((done, max(before, highest)))
    return Soak(photos, seconds, samples, current_memory(device))


def _sample_step(photos: int, distinct: int) -> int:
    """Images per sample: whole passes over the distinct images, but at least three samples."""
    passes = -(-photos // (_SOAK_SAMPLES * distinct))
    return max(1, min(passes * distinct, photos // 3))
