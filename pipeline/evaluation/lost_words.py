"""Counts of the stages at which gt words are lost: detection, cropping or recognition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from pipeline.evaluation.scoring import ImageScore
from pipeline.evaluation.transcription import StripRule, texts_match
from pipeline.evaluation.words import Words


@dataclass(frozen=True)
class LostWords:
    """Numbers of counted gt words by outcome. The first four fields sum to the total.

    Attributes:
        read: Words that are detected and read correctly.
        not_detected: Words without a matched prediction above the score threshold.
        badly_cropped: Words that are detected and misread, but read correctly in a crop at the gt
            polygon.
        misread: Words that are detected and misread, also in a crop at the gt polygon.
        read_at_gt: Words that are read correctly in a crop at the gt polygon, detected or not.
            Divided by the total, this is the end-to-end recall with a perfect detector.
    """

    read: int = 0
    not_detected: int = 0
    badly_cropped: int = 0
    misread: int = 0
    read_at_gt: int = 0

    def __add__(self, other: LostWords) -> LostWords:
        names = (field.name for field in fields(self))
        return LostWords(*(getattr(self, name) + getattr(other, name) for name in names))

    @property
    def total(self) -> int:
        """Number of all counted gt words."""
        return self.read + self.not_detected + self.badly_cropped + self.misread


def count_lost_words(
    gt: Words, score: ImageScore, gt_readings: Sequence[str], strip: StripRule = 'edge'
) -> LostWords:
    """Count the gt words of an image by outcome.

    Args:
        gt: gt words of the image.
        score: End-to-end score of the image.
        gt_readings: Texts that the recognizer reads at the gt polygons, one per gt word.
        strip: Rule for outer punctuation, as in the score; see :func:`texts_match`.

    Raises:
        ValueError: If the number of readings differs from the number of gt words.
    """
    if len(gt_readings) != len(gt):
        raise ValueError(f'{len(gt)} gt words require {len(gt)} readings, got {len(gt_readings)}.')
    left_out = set(score.gt_dont_care)
    found = {g: correct for g, _, correct in score.pairs}
    counts = dict.fromkeys((field.name for field in fields(LostWords)), 0)
    for index, reading in enumerate(gt_readings):
        if index in left_out:
            continue
        right_at_gt = texts_match(score.gt_texts[index], reading, strip)
        counts['read_at_gt'] += right_at_gt
        if index not in found:
            counts['not_detected'] += 1
        elif found[index]:
            counts['read'] += 1
        else:
            counts['badly_cropped' if right_at_gt else 'misread'] += 1
    return LostWords(**counts)
