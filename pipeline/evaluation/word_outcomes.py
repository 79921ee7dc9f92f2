"""Outcome of each word of a scored image: matched, missed, misread or spurious."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.evaluation.scoring import ImageScore
from pipeline.evaluation.words import Words

WordKind = Literal['matched', 'missed', 'misread', 'spurious', 'dont_care']
COUNTED_KINDS: tuple[WordKind, ...] = ('matched', 'missed', 'misread', 'spurious')
ERROR_KINDS: tuple[WordKind, ...] = ('missed', 'misread', 'spurious')


@dataclass(frozen=True)
class WordOutcome:
    """One gt word, one prediction, or a pair of both.

    Attributes:
        kind: ``matched``: a correct pair. ``misread``: a pair whose texts differ. ``missed``: a gt
            word without a prediction. ``spurious``: a prediction without a gt word. ``dont_care``:
            a gt word or a prediction that is left out of the score.
        gt_index: Index of the gt word, or None.
        det_index: Index of the prediction in the submission, or None.
        gt_text: gt text as in the file, or None.
        compared_text: gt text used in the comparison, which is cleaned in word spotting, or None.
        det_text: Predicted text, or None.
        gt_polygon: (K, 2) pixels, or None.
        det_polygon: (K, 2) pixels, or None.
    """

    kind: WordKind
    gt_index: int | None = None
    det_index: int | None = None
    gt_text: str | None = None
    compared_text: str | None = None
    det_text: str | None = None
    gt_polygon: np.ndarray | None = None
    det_polygon: np.ndarray | None = None

    @property
    def polygon(self) -> np.ndarray:
        """The gt polygon, or the predicted polygon if there is no gt word."""
        polygon = self.det_polygon if self.gt_polygon is None else self.gt_polygon
        if polygon is None:
            raise ValueError('a WordOutcome must have a gt or a predicted polygon, got neither.')
        return polygon


def classify_words(gt: Words, det: Words, image: ImageScore) -> list[WordOutcome]:
    """Return the outcome of each word of an image.

    Args:
        gt: Scored gt words.
        det: Scored predictions, in the order in which the scorer received them.
        image: Score of the image at one task.

    Returns:
        One outcome per gt word, in file order, then one per prediction without a gt word. The
        numbers agree with ``image.score``: missed + misread + matched = ``gt_care``, and
        spurious + misread + matched = ``det_care``.

    Raises:
        ValueError: If the score does not belong to ``gt`` and ``det``.
    """
    submitted = image.order or range(len(det))
    _check_same_words(gt, det, image)
    pairs = {g: (submitted[d], correct) for g, d, correct in image.pairs}
    gt_dont_care = set(image.gt_dont_care)
    det_dont_care = {submitted[d] for d in image.det_dont_care}
    paired = {d for d, _ in pairs.values()}

    outcomes = []
    for g in range(len(gt)):
        det_index, correct = pairs.get(g, (None, False))
        kind: WordKind = 'matched' if correct else 'misread'
        if det_index is None:
            kind = 'dont_care' if g in gt_dont_care else 'missed'
        outcomes.append(
            WordOutcome(
                kind=kind,
                gt_index=g,
                det_index=det_index,
                gt_text=gt.texts[g],
                compared_text=image.gt_texts[g],
                det_text=None if det_index is None else det.texts[det_index],
                gt_polygon=gt.polygons[g],
                det_polygon=None if det_index is None else det.polygons[det_index],
            )
        )
    outcomes += [
        WordOutcome(
            kind='dont_care' if d in det_dont_care else 'spurious',
            det_index=d,
            det_text=det.texts[d],
            det_polygon=det.polygons[d],
        )
        for d in range(len(det))
        if d not in paired
    ]
    return outcomes


def count_kinds(outcomes: Iterable[WordOutcome]) -> dict[WordKind, int]:
    """Number of words of each kind, also of kinds that do not occur."""
    counts = Counter(outcome.kind for outcome in outcomes)
    return {kind: counts[kind] for kind in (*COUNTED_KINDS, 'dont_care')}


def count_errors(outcomes: Iterable[WordOutcome]) -> int:
    """Number of missed, misread and spurious words."""
    return sum(outcome.kind in ERROR_KINDS for outcome in outcomes)


def _check_same_words(gt: Words, det: Words, image: ImageScore) -> None:
    if len(image.gt_texts) != len(gt):
        raise ValueError(f'the score has {len(image.gt_texts)} gt words, got {len(gt)}.')
    named = [d for _, d, _ in image.pairs] + image.det_dont_care
    if (image.order and len(image.order) != len(det)) or max(named, default=-1) >= len(det):
        raise ValueError(
            f'the score has other predictions than the {len(det)} given. Pass the scored '
            'predictions, after the lexicon.'
        )
