"""What context costs: time and memory, with and without."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from pipeline.analysis.context.subject import Subject
from pipeline.analysis.context.word_reader import cut_words, encode_images, read_words
from pipeline.analysis.gt_images import GtImage
from pipeline.benchmark.memory import current_memory, reset_peak


def measure_cost(
    subject: Subject, photos: Sequence[GtImage], repeats: int = 5, most_photos: int = 10
) -> dict[str, Any]:
    """Time and memory of reading a photo's words, words given and cut out already.

    Args:
        subject: The recognizer.
        photos: Those with words are measured, the first ``most_photos`` of them.
        repeats: Passes; the fastest of each photo counts, since what else the machine does only
            adds. One more comes first, uncounted.
        most_photos: Bounds the time.

    Returns:
        ``photos`` and ``words`` measured; seconds a photo: ``off``, ``on`` (tower and reading),
        ``tower`` alone; ``memory_mib``: the most that the process, and a CUDA device, held
        during each (the tower's weights are loaded during both); ``parameters`` of recognizer,
        fusion and tower.
    """
    chosen = [photo for photo in photos if photo.readable][:most_photos]
    cut = [cut_words([photo], subject.rectifier) for photo in chosen]
    images = [photo.load() for photo in chosen]
    encoder, recognizer = subject.recognizer.context_encoder, subject.recognizer
    device = subject.device

    def encode(i: int) -> Any:
        return encode_images(encoder, [images[i]])

    ways: dict[str, Callable[[int], Any]] = {
        'off': lambda i: read_words(recognizer, cut[i], None),
        'tower': encode,
        'on': lambda i: read_words(recognizer, cut[i], encode(i)),
    }
    seconds: dict[str, float] = {}
    memory: dict[str, dict[str, float | None]] = {}
    for name, run in ways.items():
        reset_peak(device)
        fastest = []
        for i in range(len(chosen)):
            run(i)
            fastest.append(min(_time(run, i, device) for _ in range(repeats)))
        seconds[name] = sum(fastest) / max(len(fastest), 1)
        peak = current_memory(device)
        memory[name] = {'process': peak.peak, 'device': peak.device_peak}
    tower = getattr(encoder, 'tower', None)
    return {
        'photos': len(chosen),
        'words': sum(len(words.texts) for words in cut),
        'seconds_a_photo': seconds,
        'memory_mib': memory,
        'parameters': {
            'recognizer': _count(recognizer.recognizer),
            'fusion': _count(recognizer.fusion),
            'tower': 0 if tower is None else _count(tower),
        },
        'device': str(device),
        'threads': torch.get_num_threads(),
    }


def _time(run: Callable[[int], Any], i: int, device: torch.device) -> float:
    _wait(device)
    start = time.perf_counter()
    run(i)
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def _count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
