"""Sets words in lines on a flat sheet: one ink mask, and one tight box per word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont


@dataclass(frozen=True)
class SetWord:
    """A word on the sheet: its text and the box (x1, y1, x2, y2) of its ink in sheet pixels."""

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Sheet:
    """Ink coverage (h, w) uint8, the words, and the baseline of the first line."""

    mask: np.ndarray
    words: list[SetWord]
    baseline: float


@dataclass(frozen=True)
class Line:
    """The words of one line and their style.

    Attributes:
        words: Words, at least one.
        font: Open font.
        tracking_px: Extra advance per character.
        space_px: Space between words.
        initial_font: Larger font of each word's first character, as in small caps; None for
            ``font``.
        stroke_px: Width of a stroke around each character in its colour, which makes it bolder.
        slant: Shift of a letter's top to the right, as a share of its height.
        stretch: Horizontal scale of letters, strokes and tracking.
        bounce_px: Maximum vertical shift of letters from the baseline, alternating.
    """

    words: Sequence[str]
    font: ImageFont.FreeTypeFont
    tracking_px: float = 0.0
    space_px: float = 0.0
    initial_font: ImageFont.FreeTypeFont | None = None
    stroke_px: int = 0
    slant: float = 0.0
    stretch: float = 1.0
    bounce_px: float = 0.0


def draw_word(line: Line, text: str) -> tuple[np.ndarray, float, float, float]:
    """Draw the ink of one word.

    Args:
        line: Style of the line.
        text: Text of the word.

    Returns:
        Ink mask (h, w) uint8 cropped to the ink, its left and top relative to the pen's start on
        the baseline, and the pen's advance.
    """
    initial = line.initial_font or line.font
    fonts = [initial, *[line.font] * (len(text) - 1)]
    pad = int(initial.size) + line.stroke_px + 2
    step = line.tracking_px + line.stroke_px
    advances = [font.getlength(character) + step for font, character in zip(fonts, text)]
    apart = bool(step or line.bounce_px) or line.initial_font is not None
    advance = sum(advances) if apart else line.font.getlength(text)
    image = Image.new('L', (math.ceil(advance) + 2 * pad, 3 * pad), 0)
    draw = ImageDraw.Draw(image)
    origin_y = 2 * pad
    x = float(pad)
    # Without per-character styles the word is drawn at once, which applies kerning.
    parts = zip(text, fonts, advances) if apart else [(text, line.font, advance)]
    for number, (part, font, width) in enumerate(parts):
        y = origin_y + line.bounce_px * math.sin(2.4 * number)
        draw.text((x, y), part, 255, font, anchor='ls', stroke_width=line.stroke_px)
        x += width
    ink, origin_x = _lean(np.asarray(image), line.slant, line.stretch, pad, origin_y)
    x0, y0, width, height = cv2.boundingRect(ink)
    left, top = float(x0 - origin_x), float(y0 - origin_y)
    return ink[y0 : y0 + height, x0 : x0 + width], left, top, line.stretch * advance


def _lean(
    ink: np.ndarray,
    slant: float,
    stretch: float,
    origin_x: float,
    origin_y: float,
) -> tuple[np.ndarray, float]:
    """Slant and stretch ink. Returns the ink and the new x of the pen's start."""
    if slant == 0 and stretch == 1:
        return ink, origin_x
    height, width = ink.shape
    # Ink above the baseline moves to the right, ink below to the left.
    start = stretch * origin_x + max(slant * (height - origin_y), -slant * origin_y, 0)
    matrix = np.array([[stretch, -slant, start - stretch * origin_x + slant * origin_y], [0, 1, 0]])
    size = (math.ceil(stretch * width + abs(slant) * height), height)
    return cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR), start


def set_lines(lines: Sequence[Line], leading: float, align: float, pad_px: int) -> Sheet:
    """Set lines below each other.

    Args:
        lines: At least one line with at least one word.
        leading: Distance of baselines, as a multiple of the line's largest font size.
        align: Alignment: 0 left, 0.5 centered, 1 right.
        pad_px: Empty border around all ink.

    Raises:
        ValueError: If there is no ink.
    """
    placed: list[tuple[str, np.ndarray, float, float]] = []
    row_of: list[int] = []
    widths: list[float] = []
    baseline = 0.0
    for row, line in enumerate(lines):
        if row:
            baseline += leading * (line.initial_font or line.font).size
        pen = 0.0
        for text in line.words:
            ink, left, top, advance = draw_word(line, text)
            if ink.size:
                placed.append((text, ink, pen + left, baseline + top))
                row_of.append(row)
            pen += advance + line.space_px
        widths.append(pen - line.space_px)
    if not placed:
        raise ValueError('expected words with ink, got none.')
    widest = max(widths)
    corners = [(x + (widest - widths[row]) * align, y) for row, (_, _, x, y) in zip(row_of, placed)]
    x_min, y_min = min(x for x, _ in corners), min(y for _, y in corners)
    boxes: list[tuple[int, int, np.ndarray, str]] = []
    for (x, y), (text, ink, _, _) in zip(corners, placed):
        boxes.append((round(x - x_min) + pad_px, round(y - y_min) + pad_px, ink, text))
    return _collect(boxes, pad_px, pad_px - y_min)


def set_column(text: str, font: ImageFont.FreeTypeFont, gap_px: float, pad_px: int) -> Sheet:
    """Set one word with upright characters below each other, centered, in one box."""
    line = Line([text], font)
    glyphs = [draw_word(line, character)[0] for character in text]
    glyphs = [glyph for glyph in glyphs if glyph.size]
    if not glyphs:
        raise ValueError('expected a word with ink, got none.')
    widest = max(glyph.shape[1] for glyph in glyphs)
    boxes: list[tuple[int, int, np.ndarray, str]] = []
    y = float(pad_px)
    for glyph in glyphs:
        boxes.append((pad_px + (widest - glyph.shape[1]) // 2, round(y), glyph, ''))
        y += glyph.shape[0] + gap_px
    sheet = _collect(boxes, pad_px, 0.0)
    height, width = sheet.mask.shape
    box = (float(pad_px), float(pad_px), float(width - pad_px), float(height - pad_px))
    return Sheet(sheet.mask, [SetWord(text, box)], float(height - pad_px))


def _collect(boxes: list[tuple[int, int, np.ndarray, str]], pad_px: int, baseline: float) -> Sheet:
    width = max(x + ink.shape[1] for x, _, ink, _ in boxes) + pad_px
    height = max(y + ink.shape[0] for _, y, ink, _ in boxes) + pad_px
    mask = np.zeros((height, width), np.uint8)
    words = []
    for x, y, ink, text in boxes:
        h, w = ink.shape
        window = mask[y : y + h, x : x + w]
        np.maximum(window, ink, out=window)
        words.append(SetWord(text, (float(x), float(y), float(x + w), float(y + h))))
    return Sheet(mask, words, baseline)
