"""Drawing of word outlines and transcripts on an image."""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.geometry import check_polygon, ring_size
from pipeline.visualization.label_fonts import LabelFonts
from pipeline.visualization.label_placement import gap_between, place_labels
from pipeline.visualization.outline import SUBPIXEL_BITS, draw_outline, fixed_point

# RGB. All colors are bright, for black letters on them. Successive colors differ clearly.
_COLORS = (
    (255, 214, 10), (64, 224, 255), (255, 128, 170), (120, 235, 90),
    (255, 160, 60), (150, 180, 255), (240, 130, 255), (90, 240, 190),
)  # fmt: skip
_MIN_FONT_PX = 11
_MAX_LABEL_LENGTH = 60

Color = tuple[int, int, int]
Runs = list[tuple[str, ImageFont.FreeTypeFont]]


def draw_words(
    image: np.ndarray,
    polygons: Sequence[np.ndarray],
    texts: Sequence[str] | None = None,
    scores: Sequence[float] | None = None,
    font_path: str | os.PathLike[str] | None = None,
    colors: Sequence[int] | None = None,
) -> np.ndarray:
    """Draw the outlines of words with their transcripts next to them.

    Line and font sizes depend on the size of the image and of the words. A dot marks the first
    point of a word. Labels avoid words and other labels if there is room. A line connects a
    distant label to its word.

    Args:
        image: (H, W, 3) uint8 BGR.
        polygons: N polygons (K, 2) in pixels.
        texts: N transcripts in any script. With None or an empty text only the outline is drawn.
        scores: N scores, shown after the transcripts with two decimals, also without ``texts``.
        font_path: Path of a font with priority over DejaVu Sans, which contains Latin, Greek,
            Cyrillic, Arabic and others. For other letters, the system's fonts are searched.
        colors: N numbers of the words' colors, for example of their lines. Words with the same
            number have the same color. By default each word has the next color.

    Returns:
        (H, W, 3) uint8 BGR, a new image.

    Raises:
        ValueError: If the image or a polygon has the wrong shape, or the counts differ.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ValueError(f'image must be (H, W, 3) uint8, got {image.shape} {image.dtype}.')
    limit = np.array([image.shape[1], image.shape[0]])  # Points far outside are slow to draw.
    rings = [
        np.clip(check_polygon(polygon, f'polygons[{i}]'), -2 * limit, 3 * limit)
        for i, polygon in enumerate(polygons)
    ]
    for name, values in (('texts', texts), ('scores', scores), ('colors', colors)):
        if values is not None and len(values) != len(rings):
            raise ValueError(f'{name} must be {len(rings)}, one per polygon, got {len(values)}.')
    canvas = np.ascontiguousarray(image).copy()
    thickness = max(1, round(math.sqrt(image.shape[0] * image.shape[1]) / 500))
    palette = [_COLORS[i % len(_COLORS)] for i in (range(len(rings)) if colors is None else colors)]
    _draw_outlines(canvas, rings, palette, thickness)
    labels = [_label(texts, scores, index) for index in range(len(rings))]
    if not any(labels):
        return canvas
    return _draw_labels(canvas, rings, labels, palette, LabelFonts(font_path), thickness)


def _label(texts: Sequence[str] | None, scores: Sequence[float] | None, index: int) -> str:
    parts = []
    if texts is not None:
        if not texts[index]:
            return ''
        # Line breaks and other control characters have no glyphs.
        shown = ''.join(
            ' ' if unicodedata.category(letter) in ('Cc', 'Cs', 'Zl', 'Zp') else letter
            for letter in texts[index]
        )
        if len(shown) > _MAX_LABEL_LENGTH:
            shown = shown[: _MAX_LABEL_LENGTH - 1] + '\N{HORIZONTAL ELLIPSIS}'
        parts.append(shown)
    if scores is not None:
        parts.append(f'{scores[index]:.2f}')
    return ' '.join(parts)


def _draw_outlines(
    canvas: np.ndarray, rings: list[np.ndarray], palette: list[Color], thickness: int
) -> None:
    for ring, color in zip(rings, palette):
        draw_outline(canvas, ring, color, thickness)
        start = fixed_point(ring[0]).tolist()
        radius = round((1.5 + thickness) * 2**SUBPIXEL_BITS)
        cv2.circle(canvas, start, radius, (0, 0, 0), -1, cv2.LINE_AA, SUBPIXEL_BITS)
        cv2.circle(canvas, start, radius * 2 // 3, color[::-1], -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _draw_labels(
    canvas: np.ndarray,
    rings: list[np.ndarray],
    labels: list[str],
    palette: list[Color],
    fonts: LabelFonts,
    thickness: int,
) -> np.ndarray:
    height, width = canvas.shape[:2]
    shown = [index for index, label in enumerate(labels) if label]
    min_size = max(_MIN_FONT_PX, round(0.012 * math.sqrt(height * width)))
    runs, sizes = [], []
    for index in shown:
        size = int(np.clip(0.7 * _word_height(rings[index]), min_size, 3 * min_size))
        runs.append(_fit(labels[index], fonts, size, width))
        sizes.append(_extent(runs[-1]))
    boxes = np.array([np.concatenate([ring.min(axis=0), ring.max(axis=0)]) for ring in rings])
    grown = boxes + np.array([-1, -1, 1, 1]) * (thickness + 1)  # Includes the outlines.
    # place_labels() places labels for the first words and keeps all words free.
    order = [*shown, *(index for index in range(len(rings)) if index not in set(shown))]
    places = place_labels(grown[order], sizes, (height, width))

    picture = Image.fromarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB))
    pen = ImageDraw.Draw(picture)
    for index, place in zip(shown, places, strict=True):
        if gap_between(place[None], grown[index])[0] > 0.3 * (place[3] - place[1]):
            _draw_leader(pen, place, boxes[index], palette[index], thickness)
    for index, place, pieces in zip(shown, places, runs, strict=True):
        x1, y1, x2, y2 = (int(value) for value in place)
        color = palette[index]
        pen.rectangle([x1, y1, x2 - 1, y2 - 1], fill=color, outline=(0, 0, 0))
        baseline, x = y1 + 1 + max(font.getmetrics()[0] for _, font in pieces), float(x1 + 3)
        for piece, font in pieces:
            pen.text((x, baseline), piece, fill=(0, 0, 0), font=font, anchor='ls')
            x += font.getlength(piece)
    return cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)


def _word_height(ring: np.ndarray) -> float:
    """Height of the letters. For tall words that read downwards this is the width of the word."""
    if len(ring) % 2:
        return float(np.ptp(ring, axis=0).min())
    return min(ring_size(ring))


def _fit(label: str, fonts: LabelFonts, size: int, width: int) -> Runs:
    """The label at ``size`` pixels, or smaller if it is wider than the image."""
    runs = fonts.runs(label, size)
    label_width = _extent(runs)[1]
    if label_width > width:
        runs = fonts.runs(label, max(_MIN_FONT_PX - 3, int(size * width / label_width)))
    return runs


def _extent(runs: Runs) -> tuple[int, int]:
    """(height, width) of the box of a label."""
    up = max(font.getmetrics()[0] for _, font in runs)
    down = max(font.getmetrics()[1] for _, font in runs)
    return up + down + 2, math.ceil(sum(font.getlength(piece) for piece, font in runs)) + 6


def _draw_leader(
    pen: ImageDraw.ImageDraw,
    place: np.ndarray,
    word: np.ndarray,
    color: Color,
    thickness: int,
) -> None:
    center = (place[:2] + place[2:]) / 2
    start = tuple(float(value) for value in center)
    end = tuple(float(value) for value in np.clip(center, word[:2], word[2:]))
    for line_color, line_width in (((0, 0, 0), thickness + 2), (color, thickness)):
        pen.line([start, end], fill=line_color, width=line_width)
