"""Scores of found words, computed by the scorer of ``clipter test``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.analysis.gt_images import GtImage
from pipeline.evaluation.sample_words import (
    LineFormat,
    gt_words,
    submission_line,
    words_of_lines,
)
from pipeline.evaluation.scoring import ScoringRules, SetScore, Task, score_images
from pipeline.evaluation.words import Words


@dataclass(frozen=True, eq=False)
class StageScore:
    """Words found in a set of images at one stage, and their scores.

    The name of an image is its index in the set, as text.

    Attributes:
        found: Image name -> found words, at the precision of submission lines.
        scores: Scores of ``detection`` and ``e2e``, with words in their original order.
        ranked: Score of ``detection`` with words ordered by falling score, for the curve and AP.
    """

    found: dict[str, Words]
    scores: dict[Task, SetScore]
    ranked: SetScore


def choose_line_format(photos: Sequence[GtImage]) -> LineFormat:
    """``quad`` (whole pixels, as in ICDAR 2015) if all words have four corners, else ``polygon``.

    The quad of a curved word is the smallest rectangle around it, which overlaps its neighbors.
    """
    corners = {len(word.polygon) for photo in photos for word in photo.words}
    return 'quad' if corners <= {4} else 'polygon'


def gt_words_of(photos: Sequence[GtImage], line_format: LineFormat) -> dict[str, Words]:
    """Image name -> gt words, at the precision of the line format."""
    return {
        str(i): gt_words(
            {
                'polygons': [word.polygon for word in photo.words],
                'texts': [word.text for word in photo.words],
                'ignored': [word.ignore for word in photo.words],
            },
            line_format,
        )
        for i, photo in enumerate(photos)
    }


def score_stage(
    gt: dict[str, Words], found: Sequence[Words], line_format: LineFormat
) -> StageScore:
    """Score found words by the rules of ICDAR 2015 (IoU over 0.5, don't-care words left out).

    Args:
        gt: Result of :func:`gt_words_of`.
        found: Found words of each image, with confidences.
        line_format: Line format of ``gt``.
    """
    det = {name: _as_submitted(words, line_format) for name, words in zip(gt, found, strict=True)}
    ranked = score_images(gt, det, ScoringRules(confidences=True), ('detection',))
    return StageScore(
        found=det,
        scores=score_images(gt, det, ScoringRules(), ('detection', 'e2e')),
        ranked=ranked['detection'],
    )


def _as_submitted(words: Words, line_format: LineFormat) -> Words:
    lines = [
        submission_line(polygon, text, line_format, confidence)
        for polygon, text, confidence in zip(
            words.polygons, words.texts, words.confidences, strict=True
        )
    ]
    return words_of_lines(lines, line_format, confidences=True)
