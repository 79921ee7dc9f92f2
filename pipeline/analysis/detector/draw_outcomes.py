"""Drawing of matched, missed, spurious and don't-care words into an image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw

from pipeline.evaluation.word_outcomes import WordKind, WordOutcome, count_kinds
from pipeline.visualization.label_fonts import LabelFonts
from pipeline.visualization.outline import draw_outline

# RGB colors. The kinds are drawn in this order, so errors are on top.
KIND_COLORS: dict[WordKind, tuple[int, int, int]] = {
    'dont_care': (175, 175, 175),
    'matched': (80, 230, 90),
    'spurious': (255, 165, 0),
    'missed': (255, 60, 60),
}
_LEGEND: tuple[tuple[WordKind, str], ...] = (
    ('matched', 'matched'),
    ('missed', 'missed'),
    ('spurious', 'spurious'),
    ('dont_care', "don't care"),
)
_LONGEST_SIDE_PX, _LEAST_WIDTH_PX = 1600, 960


def draw_outcomes(
    image: np.ndarray, outcomes: Sequence[WordOutcome], title: str = ''
) -> np.ndarray:
    """Outline the words of an image in the color of their kind.

    A matched word is outlined by its predicted polygon, a missed word by its gt polygon.

    Args:
        image: (H, W, 3) uint8 BGR.
        outcomes: Outcomes of the words at the task ``detection``, which has no misread words.
        title: Title of the image, at the end of the legend.

    Returns:
        (H', W', 3) uint8 BGR: a legend with the number of words of each kind, and below it the
        image, resized to a longer side of at most 1600 and a width of at least 960 pixels.
    """
    scale = min(1.0, _LONGEST_SIDE_PX / max(image.shape[:2]))
    scale = max(scale, _LEAST_WIDTH_PX / image.shape[1])
    canvas = np.ascontiguousarray(_resize(image, scale))
    thickness = max(2, round(math.sqrt(canvas.shape[0] * canvas.shape[1]) / 450))
    for kind, color in KIND_COLORS.items():
        for outcome in outcomes:
            if outcome.kind == kind:
                found = outcome.det_polygon
                ring = outcome.polygon if found is None else found
                draw_outline(canvas, np.asarray(ring, dtype=np.float64) * scale, color, thickness)
    return np.concatenate([_draw_legend(count_kinds(outcomes), canvas.shape[1], title), canvas])


def _resize(image: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1.0:
        return image.copy()
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=way)


def _draw_legend(counts: dict[WordKind, int], width: int, title: str) -> np.ndarray:
    """(height, width, 3) uint8 BGR: one line per kind with its color, name and number of words."""
    size = max(13, width // 64)
    picture = Image.new('RGB', (width, 2 * size), (255, 255, 255))
    pen, fonts = ImageDraw.Draw(picture), LabelFonts()

    def write(x: float, text: str) -> float:
        for piece, font in fonts.runs(text, size):
            pen.text((x, size), piece, fill=(0, 0, 0), font=font, anchor='lm')
            x += font.getlength(piece)
        return x

    x = float(size // 2)
    for kind, name in _LEGEND:
        end = x + 1.6 * size
        pen.line([(x, size), (end, size)], fill=(0, 0, 0), width=size // 3 + 2)
        pen.line([(x, size), (end, size)], fill=KIND_COLORS[kind], width=size // 3)
        x = write(end + 0.4 * size, f'{name} {counts[kind]}') + 1.2 * size
    if title:
        write(x, title)
    return np.ascontiguousarray(np.asarray(picture)[..., ::-1])
