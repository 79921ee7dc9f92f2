"""The photos with the most errors, drawn."""

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
    """A photo and what became of its words.

    Attributes:
        index: Its place in the set.
        outcomes: Of the detector alone, at the task of detection.
    """

    index: int
    outcomes: Sequence[WordOutcome]

    @property
    def counts(self) -> dict[WordKind, int]:
        """Words of each kind."""
        return count_kinds(self.outcomes)


def find_worst(measured: DetectorMeasurement, most: int) -> list[JudgedImage]:
    """The photos with the most missed and spurious words of the detector, the worst first.

    Of equals those come first that are first in the set; photos without an error are left out.
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
    """Write ``worst/NN_NAME.jpg`` for each photo; returns these paths, relative to ``out``."""
    names = []
    for place, judged in enumerate(worst, start=1):
        photo = measured.photos[judged.index]
        drawn = draw_outcomes(photo.load(), judged.outcomes, photo.path.name)
        names.append(write_picture(drawn, out, f'worst/{place:02d}_{safe_name(photo.path.stem)}'))
    return names


def write_picture(picture: np.ndarray, out: Path, name: str) -> str:
    """Write a (H, W, 3) uint8 BGR picture as ``out/name.jpg``; returns ``name.jpg``."""
    _, code = cv2.imencode('.jpg', picture, _JPEG)
    write_whole(out / f'{name}.jpg', code.tobytes())
    return f'{name}.jpg'
