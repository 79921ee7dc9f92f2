"""Everything that the report of a detector is made of, measured in one pass over the photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.analysis.detector.findings import (
    STAGES,
    Stage,
    box_threshold,
    boxes_from,
    find_boxes,
    find_words,
)
from pipeline.analysis.detector.scoring import (
    StageScore,
    choose_line_format,
    gt_words_of,
    score_stage,
)
from pipeline.analysis.detector.words import GtTally, tally_words
from pipeline.analysis.gt_images import GtImage
from pipeline.evaluation.sample_words import LineFormat
from pipeline.evaluation.scoring import SetScore
from pipeline.evaluation.words import Words
from pipeline.torch_spotter import TorchTextSpotter


@dataclass(frozen=True, eq=False)
class DetectorMeasurement:
    """A spotter's words in photos with gt words.

    Attributes:
        photos: I photos.
        line_format: How polygons were compared.
        gt: Photo's place as text -> gt words.
        stages: What the detector alone and the whole spotter found, and how it scores.
        tally: What became of each gt word.
        curve: The detector's ranking, with lower scores than it keeps where that was asked for.
        curve_from: The least score in it; None where the detector names no threshold.
    """

    photos: Sequence[GtImage]
    line_format: LineFormat
    gt: dict[str, Words]
    stages: dict[Stage, StageScore]
    tally: GtTally
    curve: SetScore
    curve_from: float | None


def measure_detector(
    spotter: TorchTextSpotter,
    photos: Sequence[GtImage],
    curve_from: float | None = None,
    line_format: LineFormat | None = None,
    progress: Callable[[], None] = lambda: None,
) -> DetectorMeasurement:
    """Find the words of all photos and score them; one photo is in memory.

    Args:
        spotter: The spotter, with the thresholds that are to be measured.
        photos: With all their words, and photos without any.
        curve_from: Where the detector's curve begins; its own threshold where None. A lower one
            runs the detector twice, and changes no number but the curve's.
        line_format: See :func:`choose_line_format` for None.
        progress: Called after each photo.

    Raises:
        ValueError: If no word counts, or the detector has no threshold to lower.
        ImageReadError: If a photo cannot be read: all are measured, or none.
    """
    line_format = line_format or choose_line_format(photos)
    gt = gt_words_of(photos, line_format)
    if all(words.dont_care().all() for words in gt.values()):
        raise ValueError(
            f'wanted words to find, got {sum(map(len, gt.values()))} that are all ignored. Photos '
            'without text go to --textless.'
        )
    found: dict[Stage, list[Words]] = {stage: [] for stage in STAGES}
    low: list[Words] = []
    for photo in photos:
        image = photo.load()
        for stage, words in find_words(spotter, image).items():
            found[stage].append(words)
        if curve_from is not None:
            with boxes_from(spotter, curve_from):
                low.append(find_boxes(spotter, image))
        progress()
    stages = {stage: score_stage(gt, words, line_format) for stage, words in found.items()}
    return DetectorMeasurement(
        photos=photos,
        line_format=line_format,
        gt=gt,
        stages=stages,
        tally=tally_words(gt, stages),
        curve=score_stage(gt, low, line_format).ranked if low else stages['detector'].ranked,
        curve_from=box_threshold(spotter) if curve_from is None else curve_from,
    )
