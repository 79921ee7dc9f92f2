"""Scoring of images by the ICDAR protocols: end-to-end, word spotting and detection."""

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
    """Settings of a protocol.

    Attributes:
        iou: IoU threshold of a pair, in [0, 1]. The IoU must be greater.
        area_precision: Largest share of a prediction inside one don't-care word, in [0, 1].
            Predictions with a greater share are left out.
        strip: Rule for outer punctuation in end-to-end scores; see :func:`texts_match`.
        min_length: Least length of gt words in word spotting. Shorter words are don't-care.
        confidences: Whether predictions are matched by falling confidence and average precision is
            computed.
        matching: ``first``: the rule of the ICDAR scripts, :func:`match_polygons`. ``maximum``:
            as many pairs as possible, :func:`match_polygons_maximum`.
        reject_empty_gt: Whether an end-to-end pair whose gt text is empty raises an error, as in
            the ICDAR script. Otherwise the pair counts as misread.

    Raises:
        ValueError: If a threshold is outside [0, 1] or a name is unknown.
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
                raise ValueError(f'{name} must be in [0, 1], got {getattr(self, name)}.')
        if self.strip not in ('edge', 'all'):
            raise ValueError(f"strip must be 'edge' or 'all', got {self.strip!r}.")
        if self.matching not in MATCHINGS:
            raise ValueError(f"matching must be 'first' or 'maximum', got {self.matching!r}.")


@dataclass(frozen=True)
class ImageScore:
    """The score of one image at one task.

    Attributes:
        score: Counts and scores.
        pairs: (gt index, prediction index, correct) of every matched pair.
        gt_dont_care: Indices of the gt words that are left out.
        det_dont_care: Indices of the predictions that are left out.
        gt_texts: gt texts used in the comparison. In word spotting they are cleaned.
        confidences: Confidences of the counted predictions, or empty without confidences.
        correct: Flags of the same predictions, whether each is correct.
        order: Prediction index -> index in the submission, if confidences reorder the predictions;
            else empty.
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
    """Score one image at each task.

    Args:
        gt: gt words in file order.
        det: Predicted words in file order.
        rules: Settings of the protocol.
        tasks: Tasks to score. ``e2e``: a pair is correct if :func:`texts_match`. ``spotting``: gt
            words outside the vocabulary are don't-care, and a pair is correct if :func:`spotted`.
            ``detection``: every pair is correct.

    Raises:
        ValueError: If ``rules.confidences`` is set and ``det`` has no confidences, or a pair has an
            empty gt text and ``rules.reject_empty_gt`` is set.
    """
    order: list[int] = []
    if rules.confidences and len(det):
        if not len(det.confidences):
            raise ValueError('confidences=True requires predictions with confidences, got none.')
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
    """The score of a set of images at one task, and the score of each image by its name."""

    score: Score
    images: dict[str, ImageScore]


def score_images(
    gt: Mapping[str, Words],
    det: Mapping[str, Words],
    rules: ScoringRules | None = None,
    tasks: Sequence[Task] = TASKS,
) -> dict[Task, SetScore]:
    """Score a set of images at each task. Scores are micro-averaged over words.

    Args:
        gt: Image name -> gt words. All these images are scored.
        det: Image name -> predicted words. An image that is missing has no predictions.
        rules: Settings of the protocol; None selects those of ICDAR 2015.
        tasks: Tasks to score; see :func:`score_image`.

    Raises:
        ValueError: If ``det`` contains an image that ``gt`` does not contain. The errors of
            :func:`score_image` are raised too.
    """
    unknown = sorted(set(det) - set(gt))
    if unknown:
        raise ValueError(f'Predictions for images without ground truth: {unknown[:5]}.')
    rules = rules or ScoringRules()
    images = {name: score_image(gt[name], det.get(name, Words()), rules, tasks) for name in gt}
    return {task: summarize({n: scores[task] for n, scores in images.items()}) for task in tasks}


def summarize(images: Mapping[str, ImageScore]) -> SetScore:
    """Sum the counts of the images and compute the score of the set from the sums."""
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
