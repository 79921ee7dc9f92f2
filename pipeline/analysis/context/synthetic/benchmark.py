"""The run of the benchmark: data, CLIP, four trainings and the measurement."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

import pipeline.registration  # noqa: F401  the benchmark builds models from configs
from pipeline.analysis.bootstrap import ImageBootstrap
from pipeline.analysis.context.conditions import build_random_encoder, swap_groups
from pipeline.analysis.context.progress_hook import Progress
from pipeline.analysis.context.synthetic.clip_training import train_clip
from pipeline.analysis.context.synthetic.configs import (
    context_config,
    continued_config,
    plain_config,
)
from pipeline.analysis.context.synthetic.data import write_set
from pipeline.analysis.context.synthetic.settings import BenchmarkSettings
from pipeline.analysis.context.synthetic.vocabulary import LETTERS, ROLES, all_words, chance_level
from pipeline.analysis.context.training import load_model, train
from pipeline.analysis.context.word_reader import cut_words, encode_photos, read_words
from pipeline.analysis.gt_images import GtImage, read_gt_images
from pipeline.registry import TASK_UTILS

Report = Callable[[str], None]
OPEN_GATE, CLOSED_GATE = 0.2, 0.1


def run_benchmark(
    settings: BenchmarkSettings, work_dir: Path, report: Report = lambda line: None
) -> dict[str, Any]:
    """Run the benchmark, or resume an interrupted run.

    Args:
        settings: Settings of the run.
        work_dir: Folder of data, checkpoints and configs. Finished steps are not repeated.
        report: Callback that receives a progress line before each step.

    Returns:
        ``plain``, ``context``, ``swapped`` and ``random_encoder``: word accuracies on
        ``ambiguous``, ``unambiguous`` and ``misleading`` words. ``gate`` and
        ``gate_without_information``: absolute values of tanh(alpha). ``chance``, ``words`` (number
        of each role), ``intervals`` (95 %, over images), ``clip_zero_shot``, ``seconds``,
        ``cpu_seconds``, ``requirements`` (name -> whether it is met) and ``settings``.

    Raises:
        ValueError: If ``work_dir`` contains a run with other settings.
    """
    _claim(work_dir, settings)
    clock = _Clock(work_dir / 'seconds.json', report)

    def say(progress: Progress) -> None:
        report(str(progress))

    charset_file = work_dir / 'charset.txt'
    charset_file.write_text('\n'.join(LETTERS), encoding='utf-8')
    (work_dir / 'vocabulary.txt').write_text('\n'.join(all_words()) + '\n', encoding='utf-8')
    data = work_dir / 'data'

    with clock('data', f'drawing {2 * settings.train_scenes + settings.test_scenes} scenes'):
        base = 10 * settings.seed
        write_set(data / 'train', base + 1, settings.train_scenes)
        write_set(data / 'train_uninformative', base + 1, settings.train_scenes, informative=False)
        write_set(data / 'test', base + 2, settings.test_scenes)
    clip_file = work_dir / 'clip.safetensors'
    zero_shot = _prepare_clip(settings, clip_file, clock, report)

    plain_dir, context_dir = work_dir / 'plain', work_dir / 'context'
    with clock('plain', f'training the plain recognizer, {settings.plain_iters} iterations'):
        start = train(plain_config(settings, data / 'train', plain_dir, charset_file), say)
    with clock('continued', f'continuing its training, {settings.context_iters} iterations'):
        config = continued_config(
            settings, data / 'train', work_dir / 'continued', charset_file, start
        )
        plain = load_model(config, train(config, say))
    with clock('context', f'fine-tuning it with context, {settings.context_iters} iterations'):
        config = context_config(
            settings, data / 'train', context_dir, charset_file, start, clip_file
        )
        context = load_model(config, train(config, say))
    with clock('uninformative', 'the same with uninformative scenes'):
        config = context_config(
            settings, data / 'train_uninformative', work_dir / 'uninformative', charset_file,
            start, clip_file,
        )  # fmt: skip
        uninformative = load_model(config, train(config, say))
    with clock('measure', 'reading the test scenes'):
        photos = read_gt_images([data / 'test' / 'annotation.json'])
        result = measure(plain, context, config.model.context_encoder, photos, settings.seed)
    result['gate'] = abs(context.fusion.gate.openness)
    result['gate_without_information'] = abs(uninformative.fusion.gate.openness)
    return {
        **result,
        'chance': chance_level(),
        'clip_zero_shot': zero_shot,
        'requirements': check_requirements(result),
        'seconds': clock.seconds,
        'cpu_seconds': clock.cpu_seconds,
        'settings': asdict(settings),
    }


def check_requirements(result: Mapping[str, Any]) -> dict[str, bool]:
    """Requirement -> whether it is met. All are met if the fusion learns to use the scene."""
    plain, context, swapped = (result[name] for name in ('plain', 'context', 'swapped'))
    return {
        'with context, accuracy of at least 0.9 on ambiguous words': context['ambiguous'] >= 0.9,
        "with another kind's scene, no higher accuracy on them than without context": (
            swapped['ambiguous'] <= plain['ambiguous']
        ),
        'unambiguous words lose at most a point of accuracy': (
            context['unambiguous'] >= plain['unambiguous'] - 0.01
        ),
        f'gate above {OPEN_GATE} with informative scenes': result['gate'] > OPEN_GATE,
        f'gate below {CLOSED_GATE} with uninformative scenes': (
            result['gate_without_information'] < CLOSED_GATE
        ),
    }


def measure(
    plain: Any,
    context: Any,
    encoder: Mapping[str, Any],
    photos: Sequence[GtImage],
    seed: int,
) -> dict[str, Any]:
    """Word accuracy of the plain recognizer and of the recognizer with context, by role.

    ``swapped`` uses the tokens of an image of another kind. ``random_encoder`` uses the tokens of
    the same tower with random weights, which the recognizer is not trained for.

    Args:
        plain: Plain recognizer.
        context: Recognizer with context.
        encoder: Config of its context encoder.
        photos: Images of the test set.
        seed: Random seed of the swap, the random weights and the intervals.
    """
    words = cut_words(photos, TASK_UTILS.build({'type': 'Rectifier', 'size': (32, 128)}))
    roles = [word.extra['role'] for photo in photos for word in photo.readable]
    tokens = encode_photos(context.context_encoder, photos)
    other = swap_groups([photo.extra['kind'] for photo in photos], seed)
    random_encoder = build_random_encoder(context.context_encoder, encoder, seed)
    readings = {
        'plain': read_words(plain, words, None),
        'context': read_words(context, words, tokens),
        'swapped': read_words(context, words, tokens[torch.from_numpy(other)]),
        'random_encoder': read_words(context, words, encode_photos(random_encoder, photos)),
    }
    result: dict[str, Any] = {
        name: accuracy_by_role(words.texts, roles, texts) for name, texts in readings.items()
    }
    result['words'] = {role: roles.count(role) for role in ROLES}
    bootstrap = ImageBootstrap(words.image_index, len(photos), seed)
    result['intervals'] = {
        name: interval_by_role(words.texts, roles, texts, bootstrap)
        for name, texts in readings.items()
    }
    return result


def accuracy_by_role(
    gt_texts: Sequence[str], roles: Sequence[str], texts: Sequence[str]
) -> dict[str, float]:
    """Role -> share of its words that are read exactly."""
    right = np.array([text == word for text, word in zip(texts, gt_texts)])
    return {role: float(right[np.array(roles) == role].mean()) for role in ROLES}


def interval_by_role(
    gt_texts: Sequence[str], roles: Sequence[str], texts: Sequence[str], bootstrap: ImageBootstrap
) -> dict[str, list[float | None]]:
    """Role -> 95 % interval [low, high] of its accuracy; see :func:`accuracy_by_role`."""
    right = np.array([text == word for text, word in zip(texts, gt_texts)])
    estimates = {role: bootstrap.mean(right, np.array(roles) == role) for role in ROLES}
    return {role: [estimate.low, estimate.high] for role, estimate in estimates.items()}


def _prepare_clip(
    settings: BenchmarkSettings, path: Path, clock: _Clock, report: Report
) -> float | None:
    """Train the small CLIP, unless the settings name one, and return its zero-shot accuracy."""
    if settings.clip is not None:
        return None
    record = path.with_suffix('.json')
    if not (path.is_file() and record.is_file()):
        with clock('clip', f'training a small CLIP, {settings.clip_steps} steps'):
            accuracy = train_clip(
                path, settings.seed, settings.clip_scenes, settings.clip_steps, report=report
            )
        record.write_text(json.dumps({'zero_shot': accuracy}), encoding='utf-8')
    return json.loads(record.read_text(encoding='utf-8'))['zero_shot']


def _claim(work_dir: Path, settings: BenchmarkSettings) -> None:
    """Store the settings in the folder, or check that it contains a run with the same settings."""
    path = work_dir / 'settings.json'
    wanted = {k: v for k, v in asdict(settings).items() if k != 'workers'}
    if path.is_file():
        found = json.loads(path.read_text(encoding='utf-8'))
        if found != wanted:
            differing = [k for k in wanted if found.get(k) != wanted[k]]
            raise ValueError(
                f'{work_dir} contains a run with other settings ({", ".join(differing)}). '
                'Choose another --work-dir or remove it.'
            )
        return
    work_dir.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(wanted, indent=2), encoding='utf-8')


class _Clock:
    """Seconds of each step, stored in a file for resumed runs.

    ``seconds`` is wall time, which includes waiting for other processes. ``cpu_seconds`` is the
    processor time of this process.
    """

    def __init__(self, path: Path, report: Report) -> None:
        self.path = path
        self.report = report
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}
        if path.is_file():
            known = json.loads(path.read_text(encoding='utf-8'))
            self.seconds, self.cpu_seconds = known['seconds'], known['cpu_seconds']

    @contextmanager
    def __call__(self, name: str, line: str) -> Iterator[None]:
        """Time a step and add its time in earlier runs."""
        self.report(line)
        clocks = ((self.seconds, time.perf_counter), (self.cpu_seconds, time.process_time))
        starts = [now() for _, now in clocks]
        try:
            yield
        finally:
            for (spent, now), start in zip(clocks, starts):
                spent[name] = round(spent.get(name, 0.0) + now() - start, 1)
            known = {'seconds': self.seconds, 'cpu_seconds': self.cpu_seconds}
            self.path.write_text(json.dumps(known), encoding='utf-8')
