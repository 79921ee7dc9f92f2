"""Measurement of a trained recognizer on the test sets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from pipeline.analysis.context.conditions import swap_photos
from pipeline.analysis.context.cost import measure_cost
from pipeline.analysis.context.end_to_end import count_end_to_end, detect_photos
from pipeline.analysis.context.lettering import typeset_plate
from pipeline.analysis.context.misleading import check_misleading
from pipeline.analysis.context.subject import Subject
from pipeline.analysis.context.word_reader import WordCrops, cut_words, read_conditions
from pipeline.analysis.gt_images import GtImage
from pipeline.rectification import Rectifier
from pipeline.torch_spotter import TorchTextSpotter
from pipeline.word_reading import WordBatch

_COST_PHOTOS = 5
_COST_REPEATS = 3


@dataclass(eq=False)
class TestSet:
    """A test set. Crops and detections are computed once and shared by all runs.

    Attributes:
        name: Name in the tables.
        photos: Images with their words.
        spotter: Spotter whose detector finds the words.
    """

    __test__ = False  # not a test class of pytest

    name: str
    photos: Sequence[GtImage]
    spotter: TorchTextSpotter

    def __post_init__(self) -> None:
        self._words: dict[Any, WordCrops] = {}

    def words(self, rectifier: Rectifier) -> WordCrops:
        """Crops of the readable words."""
        key = (rectifier.height, tuple(rectifier.widths))
        if key not in self._words:
            self._words[key] = cut_words(self.photos, rectifier)
        return self._words[key]

    @cached_property
    def detections(self) -> list[WordBatch]:
        """Detections of each image."""
        return detect_photos(self.spotter, self.photos)


def measure_run(
    subject: Subject,
    sets: Sequence[TestSet],
    tokens: Mapping[str, Tensor],
    *,
    vocabulary: Sequence[str],
    misleading: int,
    seed: int,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Read all test sets with and without context.

    Args:
        subject: Recognizer with its rectifier and the real context encoder.
        sets: Test sets.
        tokens: Name of the test set -> (I, S, C) scene tokens; empty for a run without context.
        vocabulary: Words of the training, which are misspelled in the test with misleading context.
        misleading: Number of misspelled words; 0 skips this test.
        seed: Random seed.
        report: Callback that receives progress lines.

    Returns:
        ``readings``: test set -> condition (``off``, ``on``, ``swapped``) -> N texts.
        ``end_to_end``: test set -> (3, I) numbers of matched, predicted and gt words, with context
        if the run has it. ``gate``, and with context ``cost`` and ``misleading``.
    """
    result: dict[str, Any] = {'readings': {}, 'end_to_end': {}, 'misleading': None}
    for test in sets:
        report(f'reading {test.name}')
        conditions: dict[str, Tensor | None] = {'off': None}
        if test.name in tokens:
            own = tokens[test.name]
            other = torch.from_numpy(swap_photos(len(test.photos), seed))
            conditions |= {'on': own, 'swapped': own[other]}
        words = test.words(subject.rectifier)
        result['readings'][test.name] = read_conditions(subject.recognizer, words, conditions)
        chosen = 'on' if 'on' in conditions else 'off'
        report(f'spotting in {test.name}')
        with _spotter_of(subject, test.spotter) as spotter:
            counts = count_end_to_end(
                spotter, test.photos, {chosen: conditions[chosen]}, test.detections, 'icdar2015'
            )
        result['end_to_end'][test.name] = counts[chosen].astype(int).tolist()
    result['gate'] = subject.gates
    photos = sets[0].photos
    if tokens and misleading:
        report(f'reading {misleading} misspelled words')
        longest = max(len(word.text) for photo in photos for word in photo.readable)
        result['misleading'] = check_misleading(
            subject, photos, set(vocabulary), typeset_plate, misleading, longest, seed
        )
    result['cost'] = None
    if tokens:
        report('measuring time')
        result['cost'] = measure_cost(subject, photos, _COST_REPEATS, _COST_PHOTOS)
    return _without_nan(result)


@contextmanager
def _spotter_of(subject: Subject, base: TorchTextSpotter) -> Iterator[TorchTextSpotter]:
    """A spotter with the recognizer of a run, rescored as in ``base`` if the classes are equal."""
    decoder = subject.recognizer.recognizer.decoder
    rescorer = base.recognizer.decoder.rescorer
    own = getattr(decoder, 'rescorer', None)
    if own is not None and own.characters == rescorer.characters:
        decoder.rescorer = rescorer
    try:
        yield TorchTextSpotter(
            base.detector, subject.rectifier, subject.recognizer, base.min_score
        ).eval()
    finally:
        if own is not None:
            decoder.rescorer = own


def _without_nan(node: Any) -> Any:
    """The result with None for NaN, which is not valid JSON."""
    if isinstance(node, dict):
        return {key: _without_nan(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_without_nan(value) for value in node]
    return None if isinstance(node, float) and math.isnan(node) else node
