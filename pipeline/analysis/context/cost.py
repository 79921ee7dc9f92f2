"""Time and memory of reading words with and without scene context."""

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
    subject: Subject, photos: Sequence[GtImage], repeats: int = 3, most_photos: int = 5
) -> dict[str, Any]:
    """Measure time and memory of reading the words of an image from given crops.

    Args:
        subject: Recognizer to measure.
        photos: Images. The first ``most_photos`` of those with words are measured.
        repeats: Timed passes per image, after one warm-up pass. The fastest pass counts, because
            other processes can only slow a pass down.
        most_photos: Largest number of measured images.

    Returns:
        ``photos`` and ``words``: numbers of measured images and words. ``seconds_a_photo``: seconds
        per image for ``off``, ``on`` (tower and recognizer) and ``tower`` (only the tower).
        ``memory_mib``: peak memory of the process and of the CUDA device in each of them; the
        weights of the tower are always loaded. ``parameters``: numbers of parameters of recognizer,
        fusion and tower. ``device`` and ``threads``.
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
