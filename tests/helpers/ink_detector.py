"""A real MMOCR detector whose probability map is the darkness of the image.

Everything around the network is MMOCR's and ours: preprocessor, head, postprocessor, rescaling.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from mmengine.registry import DefaultScope
from mmocr.models.textdet.heads import BaseTextDetHead
from torch import Tensor, nn

from pipeline.detection.text_detector import TextDetector
from pipeline.registry import MODELS


@MODELS.register_module()
class InkBackbone(nn.Module):
    """Hands the picture on and remembers the sizes of its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, pixels: Tensor) -> Tensor:
        self.shapes.append(tuple(pixels.shape))
        return pixels


@MODELS.register_module()
class InkHead(BaseTextDetHead):
    """Black is text for certain, white is not text."""

    def __init__(self, postprocessor: dict) -> None:
        super().__init__(module_loss={'type': 'DBModuleLoss'}, postprocessor=postprocessor)

    def forward(self, pixels: Tensor, data_samples: list | None = None) -> Tensor:
        return 1 - pixels.mean(1) / 255  # (N, H, W)


def make_detector(postprocessor: dict | None = None, **options) -> TextDetector:
    """A ``TextDetector`` around the ink detector."""
    inner = {
        'type': 'DBNet',
        'data_preprocessor': {
            'type': 'TextDetDataPreprocessor',
            'mean': [0.0] * 3, 'std': [1.0] * 3, 'bgr_to_rgb': True, 'pad_size_divisor': 32,
        },
        'backbone': {'type': 'InkBackbone'},
        'det_head': {
            'type': 'InkHead', 'postprocessor': postprocessor or {'type': 'DBWordPostprocessor'},
        },
    }  # fmt: skip
    with DefaultScope.overwrite_default_scope('mmocr'):
        return TextDetector(inner, **options).eval()


def shrink_box(box: tuple[float, float, float, float], ratio: float = 0.4) -> tuple[float, ...]:
    """A box as DBNet is taught it: D = A (1 - r^2) / L off every side."""
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    distance = width * height * (1 - ratio**2) / (2 * (width + height))
    return x1 + distance, y1 + distance, x2 - distance, y2 - distance


def draw_kernels(
    size: tuple[int, int], *boxes: tuple[float, float, float, float], supersample: int = 8
) -> np.ndarray:
    """A white image of (height, width) with the shrunk kernels of words in black."""
    height, width = size
    image = np.full((height * supersample, width * supersample, 3), 255, dtype=np.uint8)
    for box in boxes:
        x1, y1, x2, y2 = (round(v * supersample) for v in shrink_box(box))
        image[y1:y2, x1:x2] = 0
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def box_of(polygon: np.ndarray) -> list[float]:
    """(x1, y1, x2, y2) around a polygon."""
    return [*polygon.min(0).tolist(), *polygon.max(0).tolist()]
