"""What became of each word of a scored photo."""

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
    """One gt word, one prediction, or a pair of them.

    Attributes:
        kind: ``matched``: a pair that counts as correct. ``misread``: a pair whose texts differ.
            ``missed``: a gt word without a prediction. ``spurious``: a prediction without a gold
            word. ``dont_care``: a gt word or a prediction that is left out of the score.
        gt_index: Its place among the gt words, or None.
        det_index: Its place among the predictions *as submitted*, or None.
        gt_text: The gt transcript as the file has it, or None.
        compared_text: What the prediction is compared with: ``gt_text``, cleaned where words are
            spotted; None without a gt word.
        det_text: The predicted transcript, or None.
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
        """Where the word stands: the gt polygon, or the predicted one where there is no other."""
        polygon = self.det_polygon if self.gt_polygon is None else self.gt_polygon
        if polygon is None:
            raise ValueError('a WordOutcome must have a gold or a predicted polygon, got neither.')
        return polygon


def classify_words(gt: Words, det: Words, image: ImageScore) -> list[WordOutcome]:
    """Say of each word of a photo whether it was matched, missed, misread or spurious.

    Args:
        gt: The gt words that were scored.
        det: The predictions that were scored, in the order they were given to the scorer.
        image: The photo's score at one task.

    Returns:
        One outcome a gt word, in file order, then those of the predictions that are paired with
        none. The counts agree with ``image.score``: matched, and missed + misread + matched =
        ``gt_care``, and spurious + misread + matched = ``det_care``.

    Raises:
        ValueError: If the score names words that ``gt`` and ``det`` do not have.
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
    """Number of words of each kind; every kind has an entry."""
    counts = Counter(outcome.kind for outcome in outcomes)
    return {kind: counts[kind] for kind in (*COUNTED_KINDS, 'dont_care')}


def count_errors(outcomes: Iterable[WordOutcome]) -> int:
    """Missed, misread and spurious words."""
    return sum(outcome.kind in ERROR_KINDS for outcome in outcomes)


def _check_same_words(gt: Words, det: Words, image: ImageScore) -> None:
    if len(image.gt_texts) != len(gt):
        raise ValueError(f'the score is of {len(image.gt_texts)} gt words, got {len(gt)}.')
    named = [d for _, d, _ in image.pairs] + image.det_dont_care
    if (image.order and len(image.order) != len(det)) or max(named, default=-1) >= len(det):
        raise ValueError(
            f'the score is of other predictions than the {len(det)} given; '
            'pass those that were scored, after any lexicon.'
        )
