"""Pictures of training samples after their transforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from pipeline.visualization import draw_words
from pipeline.visualization.label_fonts import LabelFonts

_CAPTION_PX = 22
_FONT_PX = 16
_LEAST_WIDTH_PX = 160


def draw_sample(sample: Mapping[str, Any]) -> bytes:
    """Draw a sample of a detector, a recognizer or a ``SceneWordsDataset`` as PNG.

    Args:
        sample: ``dict(inputs, data_samples)``: a (3, H, W) tensor with its sample, or N of them.
    """
    inputs, samples = sample['inputs'], sample['data_samples']
    if not isinstance(samples, Sequence):
        inputs, samples = [inputs], [samples]
    pictures = [_draw(image, each) for image, each in zip(inputs, samples)]
    width = max(picture.shape[1] for picture in pictures)
    rows = [
        cv2.copyMakeBorder(
            picture, 0, 2, 0, width - picture.shape[1], cv2.BORDER_CONSTANT, value=(255,) * 3
        )
        for picture in pictures
    ]
    return cv2.imencode('.png', np.concatenate(rows))[1].tobytes()


def _draw(image: Any, sample: Any) -> np.ndarray:
    picture = np.ascontiguousarray(np.asarray(image).transpose(1, 2, 0)).clip(0, 255)
    picture = picture.astype(np.uint8)
    if picture.shape[2] == 1:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    if 'gt_text' in sample:
        return _with_caption(picture, sample.gt_text.item)
    instances = sample.gt_instances
    polygons = [np.reshape(p, (-1, 2)).astype(np.float32) for p in instances.polygons]
    kept = [polygon for polygon, ignored in zip(polygons, instances.ignored) if not ignored]
    left_out = [polygon for polygon, ignored in zip(polygons, instances.ignored) if ignored]
    drawn = draw_words(picture, kept, [''] * len(kept))
    for polygon in left_out:
        cv2.polylines(drawn, [np.round(polygon).astype(np.int32)], True, (128, 128, 128), 1)
    return drawn


def _with_caption(crop: np.ndarray, text: str) -> np.ndarray:
    """The crop with its text below it."""
    width = max(crop.shape[1], _LEAST_WIDTH_PX, 14 * len(text))
    caption = Image.new('RGB', (width, _CAPTION_PX), 'white')
    draw, left = ImageDraw.Draw(caption), 2.0
    for piece, font in LabelFonts().runs(text, _FONT_PX):
        draw.text((left, 2), piece, 'black', font)
        left += font.getlength(piece)
    right = width - crop.shape[1]
    padded = cv2.copyMakeBorder(crop, 0, 0, 0, right, cv2.BORDER_CONSTANT, value=(255,) * 3)
    return np.concatenate([padded, np.asarray(caption)])
