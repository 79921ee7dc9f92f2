"""Diagnosis of one recognizer, which reads the same words under several conditions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.analysis.agreement import RULES, judge
from pipeline.analysis.bootstrap import ImageBootstrap
from pipeline.analysis.context.conditions import build_random_encoder, mean_tokens, swap_photos
from pipeline.analysis.context.cost import measure_cost
from pipeline.analysis.context.end_to_end import (
    count_end_to_end,
    detect_photos,
    score_counts,
)
from pipeline.analysis.context.lettering import Lettering, typeset_plate
from pipeline.analysis.context.misleading import check_misleading
from pipeline.analysis.context.subject import Subject
from pipeline.analysis.context.word_reader import (
    WordCrops,
    cut_words,
    encode_photos,
    read_conditions,
)
from pipeline.analysis.gt_images import GtImage
from pipeline.analysis.word_groups import (
    WordGroup,
    group_by_blur,
    group_by_height,
    group_by_length,
    group_by_vocabulary,
)
from pipeline.evaluation.protocols import Protocol

CONDITIONS = ('off', 'on', 'swapped', 'random_encoder', 'mean_token')
MAIN_RULE = 'alphanumeric'


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """The result of a diagnosis.

    Attributes:
        summary: All numbers, for JSON.
        photos: Diagnosed images.
        words: Crops and gt texts of their N readable words.
        readings: Condition -> N predicted texts.
    """

    summary: dict[str, Any]
    photos: Sequence[GtImage]
    words: WordCrops
    readings: dict[str, list[str]]


def diagnose(
    subject: Subject,
    photos: Sequence[GtImage],
    train_words: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 2000,
    protocol: Protocol = 'icdar2015',
    misleading: int = 200,
    lettering: Lettering = typeset_plate,
    report: Callable[[str, int], None] = lambda stage, steps: None,
) -> Diagnosis:
    """Read all words under every condition and compare the accuracies.

    Conditions:
        - ``on``: with the scene tokens of the image.
        - ``off``: without context, which is the output of the plain recognizer.
        - ``swapped``: with the tokens of another image.
        - ``random_encoder``: with tokens of the same architecture with random weights. The
          recognizer is not trained for them.
        - ``mean_token``: with the mean tokens of all images.

    The conditions share crops, detections, tokens and the features before the fusion.

    Args:
        subject: Recognizer, and a spotter for end-to-end scores.
        photos: At least two images with their words.
        train_words: Words of the training data, for accuracy in and out of vocabulary.
        seed: Random seed of the swap, the random weights, the resamples and the misspellings.
        resamples: Number of bootstrap resamples.
        protocol: Protocol of the end-to-end scores.
        misleading: Number of misspelled words to read; 0 for none.
        lettering: Function that draws them.
        report: Callback that receives the stage and its number of new steps; :func:`count_steps`
            returns the number of all steps.

    Raises:
        ValueError: If there are fewer than two images or no readable word.
    """
    words = cut_words(photos, subject.rectifier)
    if not words.texts:
        raise ValueError('the data contain no word to read: all words are ignored or empty.')
    clock = StageClock(report)
    tokens = make_tokens(subject, photos, seed, clock)
    with clock('words') as step:
        readings = read_conditions(subject.recognizer, words, tokens, step)
    bootstrap = ImageBootstrap(words.image_index, len(photos), seed, resamples)
    summary: dict[str, Any] = {
        'photos': len(photos),
        'words': len(words.texts),
        'gate': subject.gates,
        'accuracy': compare_conditions(words, readings, bootstrap),
        'changed': count_changes(words, readings, bootstrap),
        'groups': compare_groups(photos, words, readings, bootstrap, train_words),
        'end_to_end': None,
        'misleading': None,
    }
    spotter = subject.spotter
    if spotter is not None:
        with clock('detection') as step:
            found = detect_photos(spotter, photos, step)
        with clock('end to end') as step:
            counts = count_end_to_end(spotter, photos, tokens, found, protocol, step)
        summary['end_to_end'] = score_counts(counts, bootstrap)
    if misleading:
        with clock('misspelled words') as step:
            summary['misleading'] = check_misleading(
                subject, photos, set(train_words or words.texts), lettering, misleading,
                longest=max(len(text) for text in words.texts), seed=seed, report=step,
            )  # fmt: skip
        source = 'training words' if train_words else 'gt words of the data'
        summary['misleading']['vocabulary'] = source
    with clock('time'):
        summary['cost'] = measure_cost(subject, photos)
    summary['seconds'] = clock.seconds
    summary['settings'] = {
        'seed': seed,
        'resamples': resamples,
        'protocol': protocol if subject.spotter is not None else None,
        'train_words': None if train_words is None else len(set(train_words)),
    }
    return Diagnosis(summary, photos, words, readings)


def count_steps(subject: Subject, photos: Sequence[GtImage], misleading: int) -> int:
    """Number of steps that :func:`diagnose` reports: images, words and misspelled words."""
    words = sum(len(photo.readable) for photo in photos)
    passes = 4 if subject.spotter is not None else 2
    return passes * len(photos) + words + misleading


class StageClock:
    """Seconds of each stage.

    Args:
        report: Callback that receives the stage and its number of new steps.
    """

    def __init__(self, report: Callable[[str, int], None]) -> None:
        self.report = report
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[Callable[[int], None]]:
        """Time a stage. The target is a function that reports steps of it."""
        self.report(stage, 0)
        start = time.perf_counter()
        yield lambda steps: self.report(stage, steps)
        self.seconds[stage] = time.perf_counter() - start


def make_tokens(
    subject: Subject, photos: Sequence[GtImage], seed: int, clock: StageClock
) -> dict[str, Tensor | None]:
    """Scene tokens of each condition: (I, S, C), or None for ``off``."""
    other = torch.from_numpy(swap_photos(len(photos), seed))
    encoder = subject.recognizer.context_encoder
    with clock('scene tokens') as step:
        own = encode_photos(encoder, photos, report=step)
    with clock('tokens of a random tower') as step:
        random = build_random_encoder(encoder, subject.encoder_config, seed).to(subject.device)
        meaningless = encode_photos(random, photos, report=step)
    return {
        'off': None,
        'on': own,
        'swapped': own[other],
        'random_encoder': meaningless,
        'mean_token': mean_tokens(own),
    }


def compare_conditions(
    words: WordCrops, readings: dict[str, list[str]], bootstrap: ImageBootstrap
) -> dict[str, Any]:
    """Condition -> rule -> accuracy with interval, and the paired difference from ``off``.

    ``on`` also has the paired difference from ``swapped``.
    """
    result: dict[str, Any] = {}
    for name, texts in readings.items():
        result[name] = {}
        for rule in RULES:
            right = judge(texts, words.texts, rule)
            entry: dict[str, Any] = dict(bootstrap.mean(right).as_dict())
            if name != 'off':
                off = judge(readings['off'], words.texts, rule)
                entry['over_off'] = bootstrap.mean(right.astype(float) - off).as_dict()
            if name == 'on':
                swapped = judge(readings['swapped'], words.texts, rule)
                entry['over_swapped'] = bootstrap.mean(right.astype(float) - swapped).as_dict()
            result[name][rule] = entry
    return result


def count_changes(
    words: WordCrops, readings: dict[str, list[str]], bootstrap: ImageBootstrap
) -> dict[str, Any]:
    """Shares of the words whose text changes with context, with intervals.

    Returns:
        ``any``: share of words whose texts with and without context differ. Rule -> ``better``:
        share of words that only context reads correctly; ``worse``: share of words that are correct
        only without context; ``neither``: share of changed words that are correct both times or
        wrong both times.
    """
    differ = np.array([a != b for a, b in zip(readings['off'], readings['on'])], dtype=bool)
    result: dict[str, Any] = {'any': _share(differ, bootstrap)}
    for rule in RULES:
        off = judge(readings['off'], words.texts, rule)
        on = judge(readings['on'], words.texts, rule)
        kinds = {'better': on & ~off, 'worse': off & ~on, 'neither': differ & (on == off)}
        result[rule] = {name: _share(rows, bootstrap) for name, rows in kinds.items()}
    return result


def compare_groups(
    photos: Sequence[GtImage],
    words: WordCrops,
    readings: dict[str, list[str]],
    bootstrap: ImageBootstrap,
    train_words: Sequence[str] | None,
) -> dict[str, list[dict[str, Any]]]:
    """Accuracy by length, height, blur and, with a word list, vocabulary."""
    polygons = [word.polygon for photo in photos for word in photo.readable]
    groups: dict[str, list[WordGroup]] = {}
    if train_words is not None:
        groups['vocabulary'] = group_by_vocabulary(words.texts, train_words)
    groups['length'] = group_by_length(words.texts)
    groups['height'] = group_by_height(polygons)
    groups['blur'] = group_by_blur(words.crops)
    right = {name: judge(texts, words.texts, MAIN_RULE) for name, texts in readings.items()}
    difference = right['on'].astype(float) - right['off']
    return {
        kind: [
            {
                'name': group.name,
                'words': int(group.rows.sum()),
                **{name: bootstrap.mean(rows, group.rows).value for name, rows in right.items()},
                'on_over_off': bootstrap.mean(difference, group.rows).as_dict(),
            }
            for group in members
        ]
        for kind, members in groups.items()
    }


def _share(rows: np.ndarray, bootstrap: ImageBootstrap) -> dict[str, Any]:
    return {'words': int(rows.sum()), **bootstrap.mean(rows).as_dict()}
