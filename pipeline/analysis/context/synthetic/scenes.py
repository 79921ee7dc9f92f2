"""Scenes: a look with plates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.analysis.context.synthetic.looks import draw_look
from pipeline.analysis.context.synthetic.plates import draw_plate, letters_quad
from pipeline.analysis.context.synthetic.vocabulary import Inscription

SIZE = (224, 320)
"""(height, width) of a scene in pixels."""
_ROWS, _COLUMNS = 4, 2
MOST_WORDS = _ROWS * _COLUMNS


@dataclass(frozen=True)
class DrawnScene:
    """A scene of the benchmark.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        look: Kind of the look.
        light: Light of the scene, a key of ``LIGHTS``.
        words: Words of the plates.
        quads: (4, 2) float32 quad of each word in pixels, clockwise from the top-left.
    """

    image: np.ndarray
    look: str
    light: str
    words: list[Inscription]
    quads: list[np.ndarray]


def draw_scene(
    look: str,
    words: Sequence[Inscription],
    look_rng: np.random.Generator,
    plate_rng: np.random.Generator,
) -> DrawnScene:
    """Draw a look and paste plates into it.

    The plates have their own random generator and replace the pixels of the look. The crops
    therefore depend only on ``plate_rng``, not on the look.

    Args:
        look: Kind of the look.
        words: At most ``MOST_WORDS`` words.
        look_rng: Random generator of the look.
        plate_rng: Random generator of the plates and their places.

    Raises:
        ValueError: If there are too many words, or the look is unknown.
    """
    if len(words) > MOST_WORDS:
        raise ValueError(f'a scene has room for {MOST_WORDS} words, got {len(words)}.')
    image, light = draw_look(look, SIZE, look_rng)
    slots = plate_rng.permutation(MOST_WORDS)[: len(words)]
    quads = []
    for word, slot in zip(words, slots):
        plate = draw_plate(word.visible, plate_rng)
        quads.append(_hang(image, plate, letters_quad(word.visible), int(slot), plate_rng))
    return DrawnScene(image, look, light, list(words), quads)


def _hang(
    image: np.ndarray,
    plate: np.ndarray,
    quad: np.ndarray,
    slot: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Paste a slightly rotated plate into its slot and return the quad of its letters."""
    height, width = plate.shape[:2]
    slot_height, slot_width = SIZE[0] / _ROWS, SIZE[1] / _COLUMNS
    scale = min(slot_width / width, slot_height / height, 1.0) * rng.uniform(0.85, 0.97)
    angle = np.deg2rad(rng.uniform(-2.5, 2.5))
    centre = np.array(
        [(slot % _COLUMNS + 0.5) * slot_width, (slot // _COLUMNS + 0.5) * slot_height]
    )
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = centre - turn @ np.array([width / 2, height / 2])
    top, left = int(slot // _COLUMNS * slot_height), int(slot % _COLUMNS * slot_width)
    room = image[top : top + int(slot_height), left : left + int(slot_width)]
    matrix = np.concatenate([turn, (shift - (left, top))[:, None]], axis=1)  # plate -> slot
    hung = cv2.warpAffine(
        plate, matrix, room.shape[1::-1], dst=room.copy(), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )  # fmt: skip
    room[:] = hung
    # The centre of pixel 0 is at 0 for OpenCV's warp, and at 0.5 in this package's polygons.
    return ((quad - 0.5) @ turn.T + shift + 0.5).astype(np.float32)
