"""Plates with clear words, which are pasted into images."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Lettering = Callable[[str, np.random.Generator], tuple[np.ndarray, np.ndarray]]
"""Function of text and random generator -> plate (H, W, 3) uint8 BGR and (4, 2) quad of text."""

_TYPE_PX = 40
_MARGIN_PX = 10


def typeset_plate(text: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw dark letters on a light plate, or light on dark, in a font of matplotlib.

    Args:
        text: Text on the plate.
        rng: Random generator of font and colors.

    Returns:
        The plate, and the quad of its word in pixels, clockwise from the top-left.
    """
    from pipeline.datasets.synthetic import matplotlib_font_folder

    faces = ('DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSerif.ttf', 'DejaVuSerif-Bold.ttf')
    font = ImageFont.truetype(str(matplotlib_font_folder() / str(rng.choice(faces))), _TYPE_PX)
    left, top, right, bottom = (round(value) for value in font.getbbox(text))
    ground, ink = rng.integers(205, 256, 3), rng.integers(0, 60, 3)
    if rng.random() < 0.5:
        ground, ink = ink, ground
    width, height = right - left + 2 * _MARGIN_PX, bottom - top + 2 * _MARGIN_PX
    plate = Image.new('RGB', (width, height), tuple(ground.tolist()))
    ImageDraw.Draw(plate).text(
        (_MARGIN_PX - left, _MARGIN_PX - top), text, font=font, fill=tuple(ink.tolist())
    )
    inner = _MARGIN_PX - 4
    quad = [(inner, inner), (width - inner, inner), (width - inner, height - inner),
            (inner, height - inner)]  # fmt: skip
    return np.ascontiguousarray(np.asarray(plate)[..., ::-1]), np.array(quad, np.float32)


def hang_plate(
    image: np.ndarray, plate: np.ndarray, quad: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a plate at a random place into a copy of an image.

    The height of the plate is an eighth of the image height, clipped to 24 to 64 pixels, or less if
    the plate would not fit.

    Args:
        image: (H, W, 3) uint8 BGR.
        plate: (h, w, 3) uint8 BGR.
        quad: (4, 2) quad of the word, pixels of the plate.
        rng: Random generator of the place.

    Returns:
        The image with the plate, and the (4, 2) quad of the word, pixels of the image.
    """
    height, width = image.shape[:2]
    tall = float(np.clip(height / 8, 24, 64))
    scale = min(tall / plate.shape[0], width / plate.shape[1], height / plate.shape[0])
    size = (max(1, int(plate.shape[1] * scale)), max(1, int(plate.shape[0] * scale)))
    small = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    left = int(rng.integers(0, width - size[0] + 1))
    top = int(rng.integers(0, height - size[1] + 1))
    photo = image.copy()
    photo[top : top + size[1], left : left + size[0]] = small
    shrink = np.array([size[0] / plate.shape[1], size[1] / plate.shape[0]])
    return photo, (quad * shrink + (left, top)).astype(np.float32)
