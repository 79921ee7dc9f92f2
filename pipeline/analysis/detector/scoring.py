"""Scores of found words by the project's own scorer, as ``tools/test.py`` prints them."""

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
    """What was found in a set of photos at one stage, and how it scores.

    Photos are named by their place in the set, as text.

    Attributes:
        found: Photo -> found words, as the lines of a submission say them.
        scores: At detection and end to end, words taken as they come, as in a submission.
        ranked: At detection, words taken by falling score: for the curve and the AP.
    """

    found: dict[str, Words]
    scores: dict[Task, SetScore]
    ranked: SetScore


def choose_line_format(photos: Sequence[GtImage]) -> LineFormat:
    """``quad`` (whole pixels, as ICDAR 2015) where all words have four corners, else ``polygon``.

    Quads would be the smallest rectangles around curved words, which neighbours reach into.
    """
    corners = {len(word.polygon) for photo in photos for word in photo.words}
    return 'quad' if corners <= {4} else 'polygon'


def gt_words_of(photos: Sequence[GtImage], line_format: LineFormat) -> dict[str, Words]:
    """Photo -> gt words, at the precision of the format's files."""
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
        gt: Of :func:`gt_words_of`.
        found: One entry a photo, with confidences.
        line_format: The same as for ``gt``.
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
