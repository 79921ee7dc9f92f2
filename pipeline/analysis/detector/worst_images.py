"""Drawings of the images with the most errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.analysis.detector.draw_outcomes import draw_outcomes
from pipeline.analysis.detector.measurement import DetectorMeasurement
from pipeline.evaluation.word_outcomes import (
    WordKind,
    WordOutcome,
    classify_words,
    count_errors,
    count_kinds,
)
from pipeline.io.naming import safe_name
from pipeline.utils.atomic_write import write_whole

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 88]


@dataclass(frozen=True, eq=False)
class JudgedImage:
    """Outcomes of the words of an image.

    Attributes:
        index: Index of the image in the set.
        outcomes: Outcomes of the stage ``detector`` at the task ``detection``.
    """

    index: int
    outcomes: Sequence[WordOutcome]

    @property
    def counts(self) -> dict[WordKind, int]:
        """Number of words of each kind."""
        return count_kinds(self.outcomes)


def find_worst(measured: DetectorMeasurement, most: int) -> list[JudgedImage]:
    """The images with the most missed and spurious words of the detector, the worst first.

    Images with equally many errors keep their order. Images without an error are left out.
    """
    stage = measured.stages['detector']
    images = stage.scores['detection'].images
    judged = [
        JudgedImage(i, classify_words(measured.gt[name], stage.found[name], images[name]))
        for i, name in enumerate(measured.gt)
    ]
    wrong = [photo for photo in judged if count_errors(photo.outcomes)]
    return sorted(wrong, key=lambda photo: -count_errors(photo.outcomes))[:most]


def draw_worst(measured: DetectorMeasurement, worst: Sequence[JudgedImage], out: Path) -> list[str]:
    """Write ``worst/NN_NAME.jpg`` for each image and return the paths, relative to ``out``."""
    names = []
    for place, judged in enumerate(worst, start=1):
        photo = measured.photos[judged.index]
        drawn = draw_outcomes(photo.load(), judged.outcomes, photo.path.name)
        names.append(write_picture(drawn, out, f'worst/{place:02d}_{safe_name(photo.path.stem)}'))
    return names


def write_picture(picture: np.ndarray, out: Path, name: str) -> str:
    """Write an (H, W, 3) uint8 BGR image as ``out/name.jpg`` and return ``name.jpg``."""
    _, code = cv2.imencode('.jpg', picture, _JPEG)
    write_whole(out / f'{name}.jpg', code.tobytes())
    return f'{name}.jpg'
