"""A sheet of word crops with ground-truth and predicted texts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw

from pipeline.visualization.label_fonts import LabelFonts

_CELL = (92, 256)  # (height, width)
_CROP = (48, 240)  # Maximum (height, width) of a crop in its cell.
_IMAGE_HEIGHT = 360
_FONT_PX = 16
# RGB
_GT_COLOR, _CORRECT_COLOR, _WRONG_COLOR = (70, 70, 70), (0, 120, 40), (200, 0, 0)


def draw_readings(
    crops: Sequence[np.ndarray],
    gt_texts: Sequence[str],
    pred_texts: Sequence[str],
    photo: np.ndarray | None = None,
    columns: int = 4,
    scores: Sequence[float] | None = None,
) -> np.ndarray:
    """Lay out crops above their ground-truth text (grey) and prediction (green, red if wrong).

    Args:
        crops: N crops (h, w, 3) uint8 BGR.
        gt_texts: N ground-truth texts.
        pred_texts: N predicted texts.
        photo: Image (H, W, 3) uint8 BGR that is shown above the crops.
        columns: Number of crops per row.
        scores: N scores of the predictions, shown before them with two decimals.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        ValueError: If the counts differ or ``crops`` is empty.
    """
    if not len(crops) == len(gt_texts) == len(pred_texts) or not len(crops):
        raise ValueError(
            f'wanted one ground-truth and one predicted text per crop, got {len(crops)} crops, '
            f'{len(gt_texts)} ground-truth and {len(pred_texts)} predicted texts.'
        )
    if scores is not None and len(scores) != len(crops):
        raise ValueError(f'wanted one score per crop, got {len(scores)} for {len(crops)} crops.')
    rows = math.ceil(len(crops) / columns)
    top = None if photo is None else _fit(photo, _IMAGE_HEIGHT, columns * _CELL[1])
    offset = 0 if top is None else top.shape[0] + 8
    sheet = np.full((offset + rows * _CELL[0], columns * _CELL[1], 3), 255, dtype=np.uint8)
    if top is not None:
        sheet[: top.shape[0], : top.shape[1]] = top
    corners = [
        (offset + (number // columns) * _CELL[0] + 4, (number % columns) * _CELL[1] + 8)
        for number in range(len(crops))
    ]
    for crop, (y, x) in zip(crops, corners):
        shown = _fit(crop, *_CROP)
        sheet[y : y + shown.shape[0], x : x + shown.shape[1]] = shown
    return _write_texts(sheet, corners, gt_texts, pred_texts, scores)


def _fit(image: np.ndarray, height: int, width: int) -> np.ndarray:
    scale = min(height / image.shape[0], width / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _write_texts(
    sheet: np.ndarray,
    corners: Sequence[tuple[int, int]],
    gt_texts: Sequence[str],
    pred_texts: Sequence[str],
    scores: Sequence[float] | None,
) -> np.ndarray:
    canvas = Image.fromarray(sheet[..., ::-1].copy())
    draw, fonts = ImageDraw.Draw(canvas), LabelFonts()
    for number, ((y, x), gt_text, pred_text) in enumerate(zip(corners, gt_texts, pred_texts)):
        color = _CORRECT_COLOR if gt_text == pred_text else _WRONG_COLOR
        score = '' if scores is None else f'{scores[number]:.2f}  '
        _write(draw, fonts, (x, y + _CROP[0]), gt_text, _GT_COLOR)
        below = (x, y + _CROP[0] + _FONT_PX + 3)
        _write(draw, fonts, below, score + (pred_text or '(nothing)'), color)
    return np.ascontiguousarray(np.asarray(canvas)[..., ::-1])


def _write(
    draw: ImageDraw.ImageDraw,
    fonts: LabelFonts,
    corner: tuple[int, int],
    text: str,
    color: tuple[int, int, int],
) -> None:
    x, y = float(corner[0]), corner[1]
    right = x + _CROP[1]
    for piece, font in fonts.runs(text, _FONT_PX):
        for letter in piece:
            if x + font.getlength(letter) > right:  # Long texts are cut at the end of the cell.
                return
            draw.text((x, y), letter, fill=color, font=font)
            x += font.getlength(letter)
