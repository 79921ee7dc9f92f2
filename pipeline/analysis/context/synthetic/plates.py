"""Plates with words. Their appearance does not depend on the kind of the scene."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.analysis.context.synthetic.vocabulary import HIDDEN

# Plain fonts, which a small recognizer learns quickly.
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX)
LETTER_PX = (26, 18)
"""(height, width) of the cell of a letter in pixels."""
MARGIN_PX = 7
"""Margin around the letters. It is wider than the support of any filter around the polygon."""


def draw_plate(visible: str, rng: np.random.Generator) -> np.ndarray:
    """Draw a plate from the visible letters of its word.

    The hidden letter and the kind of the scene are not arguments, so a plate contains no
    information about them. All letters have cells of the same width, and a cover fills its cell, so
    the width of the hidden letter is not visible either.

    Args:
        visible: Visible letters, with ``HIDDEN`` for a covered one.
        rng: Random generator of colors, font, cover and noise.

    Returns:
        (H, W, 3) uint8 BGR. The letters fill the plate except ``MARGIN_PX`` on each side.
    """
    cell_height, cell_width = LETTER_PX
    height = cell_height + 2 * MARGIN_PX
    width = len(visible) * cell_width + 2 * MARGIN_PX
    ground, ink, cover = _choose_colours(rng)
    plate = np.full((height, width, 3), ground, np.uint8)
    cv2.rectangle(plate, (1, 1), (width - 2, height - 2), ink, 1)
    font, thickness = int(rng.choice(_FONTS)), 2
    scale = float(rng.uniform(0.62, 0.78))
    for i, letter in enumerate(visible):
        x = MARGIN_PX + i * cell_width
        if letter == HIDDEN:
            _draw_cover(plate, x, cover, rng)
            continue
        (letter_width, letter_height), _ = cv2.getTextSize(letter, font, scale, thickness)
        origin = (
            x + (cell_width - letter_width) // 2,
            MARGIN_PX + (cell_height + letter_height) // 2,
        )
        cv2.putText(plate, letter, origin, font, scale, ink, thickness, cv2.LINE_AA)
    grain = rng.standard_normal(plate.shape, dtype=np.float32) * rng.uniform(1, 4)
    return np.clip(plate + grain, 0, 255).astype(np.uint8)


def letters_quad(visible: str) -> np.ndarray:
    """The (4, 2) quad of the letters on their plate, pixels, clockwise from the top-left."""
    cell_height, cell_width = LETTER_PX
    left = top = MARGIN_PX - 2
    right = MARGIN_PX + len(visible) * cell_width + 2
    bottom = MARGIN_PX + cell_height + 2
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def _choose_colours(rng: np.random.Generator) -> tuple[tuple[float, ...], ...]:
    """Colors of a light ground, dark ink and a cover."""
    ground = rng.uniform(170, 255, 3)
    ink = rng.uniform(0, 80, 3)
    return tuple(ground), tuple(ink), tuple(rng.uniform(0, 255, 3))


def _draw_cover(
    plate: np.ndarray, x: int, colour: tuple[float, ...], rng: np.random.Generator
) -> None:
    """Draw a rectangle or an ellipse over the cell that begins at ``x``."""
    cell_height, cell_width = LETTER_PX
    centre = (x + cell_width // 2, MARGIN_PX + cell_height // 2)
    if rng.random() < 0.5:
        half = (cell_width // 2, cell_height // 2 - int(rng.integers(0, 3)))
        corners = [centre[i] + side * half[i] for side in (-1, 1) for i in (0, 1)]
        cv2.rectangle(plate, tuple(corners[:2]), tuple(corners[2:]), colour, -1)
    else:
        axes = (cell_width // 2 + 1, cell_height // 2 - int(rng.integers(0, 3)))
        cv2.ellipse(plate, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
