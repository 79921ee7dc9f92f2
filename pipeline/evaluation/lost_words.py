"""Where words are lost on the way from the photo to the transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from pipeline.evaluation.scoring import ImageScore
from pipeline.evaluation.transcription import StripRule, texts_match
from pipeline.evaluation.words import Words


@dataclass(frozen=True)
class LostWords:
    """gt words that count, by what became of them; the last field stands beside the others.

    Attributes:
        read: Found and read right.
        not_detected: No prediction was paired with them, or it was dropped by its score.
        badly_cropped: Found but misread, and read right when cut out at the ground truth.
        misread: Found but misread, and misread at the ground truth too.
        read_at_gt: Read right when cut out at the ground truth, found or not: what end-to-end
            recall would be with a perfect detector.
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
        """All gt words that count."""
        return self.read + self.not_detected + self.badly_cropped + self.misread


def count_lost_words(
    gt: Words, score: ImageScore, gt_readings: Sequence[str], strip: StripRule = 'edge'
) -> LostWords:
    """Say of each gt word of a photo that counts where it was lost.

    Args:
        gt: The gt words.
        score: The photo's end-to-end score.
        gt_readings: What the recognizer reads at each gt polygon, one a word of ``gt``.
        strip: Which outer punctuation is forgiven, as in the score.

    Raises:
        ValueError: If there is not one reading a gt word.
    """
    if len(gt_readings) != len(gt):
        raise ValueError(f'{len(gt)} gt words want as many readings, got {len(gt_readings)}.')
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
