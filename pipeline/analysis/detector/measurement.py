"""The measurements of a detector report, made in one pass over the images."""

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
    """Words that a spotter finds in images with gt words, and their scores.

    Attributes:
        photos: I images.
        line_format: Format in which polygons are compared.
        gt: Image index as text -> gt words.
        stages: Stage -> found words and scores.
        tally: Outcome of each counted gt word.
        curve: Scores of the detector for the precision-recall curve, which may include boxes below
            its threshold.
        curve_from: Lowest score in the curve, or None if the detector has no threshold.
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
    """Find the words of all images and score them. One image is in memory at a time.

    Args:
        spotter: Spotter with the thresholds to measure.
        photos: Images with all their words. Images without words are allowed.
        curve_from: Lowest score in the curve; None selects the threshold of the detector. Any other
            value runs the detector a second time and affects only the curve.
        line_format: Format in which polygons are compared; None selects it by
            :func:`choose_line_format`.
        progress: Callback after each image.

    Raises:
        ValueError: If all words are don't-care, or the detector has no threshold to lower.
        ImageReadError: If an image cannot be read.
    """
    line_format = line_format or choose_line_format(photos)
    gt = gt_words_of(photos, line_format)
    if all(words.dont_care().all() for words in gt.values()):
        raise ValueError(
            f'wanted words to find, got {sum(map(len, gt.values()))} that are all ignored. Pass '
            'images without text to --textless.'
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
