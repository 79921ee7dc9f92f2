"""Score photos by the ICDAR protocols: end-to-end, word spotting and detection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pipeline.evaluation.matching import MATCHINGS, Matching, find_dont_care_detections
from pipeline.evaluation.overlap import Overlaps, measure_overlaps
from pipeline.evaluation.scores import Score, average_precision, score_counts, score_image_counts
from pipeline.evaluation.transcription import StripRule, spotted, texts_match, vocabulary_word
from pipeline.evaluation.words import Words

Task = Literal['e2e', 'spotting', 'detection']
TASKS: tuple[Task, ...] = ('e2e', 'spotting', 'detection')


@dataclass(frozen=True)
class ScoringRules:
    """What the protocol leaves open.

    Attributes:
        iou: A pair's IoU must exceed it.
        area_precision: A prediction with more than this share in one don't-care word is left out.
        strip: See :func:`texts_match`; end-to-end only.
        min_length: Shorter gt words are don't-care; word spotting only.
        confidences: Take predictions by falling confidence and compute average precision.
        matching: ``first``: the rule of the ICDAR scripts, :func:`match_polygons`. ``maximum``:
            as many pairs as possible, :func:`match_polygons_maximum`.
        reject_empty_gt: Stop, as the ICDAR script does, where an end-to-end pair compares a gold
            word without text; otherwise such a pair counts as misread.
    """

    iou: float = 0.5
    area_precision: float = 0.5
    strip: StripRule = 'edge'
    min_length: int = 3
    confidences: bool = False
    reject_empty_gt: bool = False
    matching: Matching = 'first'

    def __post_init__(self) -> None:
        for name in ('iou', 'area_precision'):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f'{name} must lie in [0, 1], got {getattr(self, name)}.')
        if self.strip not in ('edge', 'all'):
            raise ValueError(f"strip must be 'edge' or 'all', got {self.strip!r}.")
        if self.matching not in MATCHINGS:
            raise ValueError(f"matching must be 'first' or 'maximum', got {self.matching!r}.")


@dataclass(frozen=True)
class ImageScore:
    """One photo, scored.

    Attributes:
        score: Its numbers.
        pairs: (gt index, prediction index, correct) of every matched pair.
        gt_dont_care: Indices of gt words left out.
        det_dont_care: Indices of predictions left out.
        gt_texts: The gt texts compared with (cleaned where words are spotted).
        confidences: Those of the predictions that count; empty where none are used.
        correct: Whether each of these is correct.
        order: Prediction index -> index in the submission, where confidences reorder; else empty.
    """

    score: Score
    pairs: list[tuple[int, int, bool]]
    gt_dont_care: list[int]
    det_dont_care: list[int]
    gt_texts: list[str]
    confidences: list[float] = field(default_factory=list)
    correct: list[bool] = field(default_factory=list)
    order: list[int] = field(default_factory=list)


def score_image(
    gt: Words, det: Words, rules: ScoringRules, tasks: Sequence[Task] = TASKS
) -> dict[Task, ImageScore]:
    """Score one photo at each of ``tasks``.

    Args:
        gt: gt words in file order.
        det: Predicted words in file order.
        rules: The protocol's settings.
        tasks: ``e2e``: pairs are right where texts agree but for outer punctuation. ``spotting``:
            gt words outside the vocabulary are don't-care, texts must be equal.
            ``detection``: every pair is right.

    Raises:
        ValueError: If confidences are wanted and ``det`` has none, or a gt word has no text and
            ``rules.reject_empty_gt`` is set.
    """
    order: list[int] = []
    if rules.confidences and len(det):
        if not len(det.confidences):
            raise ValueError('Confidences are wanted, but the predictions carry none.')
        order = np.argsort(-np.asarray(det.confidences), kind='stable').tolist()
        det = det.take(order)
    overlaps = measure_overlaps(gt.polygons, det.polygons)
    return {task: _score_task(gt, det, rules, task, overlaps, order) for task in tasks}


def _score_task(
    gt: Words, det: Words, rules: ScoringRules, task: Task, overlaps: Overlaps, order: list[int]
) -> ImageScore:
    gt_texts, gt_dont_care = list(gt.texts), gt.dont_care()
    if task == 'spotting':
        for i, text in enumerate(gt.texts):
            word = vocabulary_word(text, rules.min_length)
            if not gt_dont_care[i]:
                gt_dont_care[i] = word is None
                gt_texts[i] = text if word is None else word
    det_dont_care = find_dont_care_detections(
        overlaps.det_coverage(), gt_dont_care, rules.area_precision
    )
    compare = _comparison(task, gt, gt_texts, det, rules)
    match = MATCHINGS[rules.matching]
    pairs = [
        (g, d, compare(g, d))
        for g, d in match(overlaps.iou(), gt_dont_care, det_dont_care, rules.iou)
    ]

    confidences: list[float] = []
    correct: list[bool] = []
    if rules.confidences:
        right = {d for _, d, is_right in pairs if is_right}
        counting = np.flatnonzero(~det_dont_care).tolist()
        confidences = [float(det.confidences[d]) for d in counting]
        correct = [d in right for d in counting]
    gt_care = int((~gt_dont_care).sum())
    score = score_image_counts(
        matched=sum(is_right for _, _, is_right in pairs),
        gt_care=gt_care,
        det_care=int((~det_dont_care).sum()),
        ap=average_precision(confidences, correct, gt_care),
    )
    return ImageScore(
        score=score,
        pairs=pairs,
        gt_dont_care=np.flatnonzero(gt_dont_care).tolist(),
        det_dont_care=np.flatnonzero(det_dont_care).tolist(),
        gt_texts=gt_texts,
        confidences=confidences,
        correct=correct,
        order=order,
    )


def _comparison(
    task: Task, gt: Words, gt_texts: list[str], det: Words, rules: ScoringRules
) -> Callable[[int, int], bool]:
    def read_right(g: int, d: int) -> bool:
        if rules.reject_empty_gt and rules.strip == 'edge' and not gt_texts[g] and det.texts[d]:
            where = gt.lines[g] if len(gt.lines) else f'gt word {g}'
            raise ValueError(
                f'{where}: wanted a transcript to compare with, got an empty one. '
                "Mark words without a legible text '###'."
            )
        return texts_match(gt_texts[g], det.texts[d], rules.strip)

    if task == 'detection':
        return lambda g, d: True
    if task == 'spotting':
        return lambda g, d: spotted(gt_texts[g], det.texts[d])
    return read_right


@dataclass(frozen=True)
class SetScore:
    """A set of photos, scored: its numbers, and those of each photo by name."""

    score: Score
    images: dict[str, ImageScore]


def score_images(
    gt: Mapping[str, Words],
    det: Mapping[str, Words],
    rules: ScoringRules | None = None,
    tasks: Sequence[Task] = TASKS,
) -> dict[Task, SetScore]:
    """Score a set of photos at each of ``tasks``; numbers are micro-averaged over words.

    Args:
        gt: Photo name -> gt words. These photos are scored, all of them.
        det: Photo name -> predicted words; a photo that is missing has no predictions.
        rules: The protocol's settings; ICDAR 2015's where None.
        tasks: See :func:`score_image`.

    Raises:
        ValueError: If ``det`` names a photo that ``gt`` does not, and as :func:`score_image` does.
    """
    unknown = sorted(set(det) - set(gt))
    if unknown:
        raise ValueError(f'Predictions for photos without ground truth: {unknown[:5]}.')
    rules = rules or ScoringRules()
    images = {name: score_image(gt[name], det.get(name, Words()), rules, tasks) for name in gt}
    return {task: summarize({n: scores[task] for n, scores in images.items()}) for task in tasks}


def summarize(images: Mapping[str, ImageScore]) -> SetScore:
    """Add up the counts of photos and compute the set's numbers from the sums."""
    scores = [image.score for image in images.values()]
    gt_care = sum(s.gt_care for s in scores)
    confidences = [c for image in images.values() for c in image.confidences]
    correct = [c for image in images.values() for c in image.correct]
    score = score_counts(
        matched=sum(s.matched for s in scores),
        gt_care=gt_care,
        det_care=sum(s.det_care for s in scores),
        ap=average_precision(confidences, correct, gt_care),
    )
    return SetScore(score, dict(images))
