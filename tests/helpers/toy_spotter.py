"""A spotter whose reading can be worked out by hand, for images of coloured blocks.

A word is a block of one colour on white: its blue gives the letter, its green the score. A
brighter red at the end that the reader meets first tells the word's upright side from the other.
The parts are registered, so that configs name them; only what finds and reads words is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.detection.detections import Detections
from pipeline.registry import MODELS
from pipeline.spotter import TextSpotter
from pipeline.torch_spotter import TorchTextSpotter
from pipeline.utils.checkpoint import save_weights

BLUE_STEP = 8
GREEN = 200
BOX = (10, 10, 90, 34)
CONFIG = """
default_scope = 'mmocr'
load_from = {weights!r}
model = dict(
    type='TextSpotter',
    detector=dict(type='BlockDetector'),
    rectifier=dict(type='Rectifier', size=(32, 128)),
    recognizer=dict(type='ColourReader', seconds={seconds}),
    vote_below=0.0,
)
"""


@MODELS.register_module()
class BlockDetector(nn.Module):
    """Finds blocks that are not white, right to left, so that their order is to be found."""

    def __init__(self, score: float = 0.9) -> None:
        super().__init__()
        self.score = score
        self.weight = nn.Parameter(torch.ones(2))
        self.batches: list[int] = []

    def prepare_to_read(self) -> None:
        """As a ``TextDetector``; there is nothing to do."""

    def forward(self, images: Sequence[np.ndarray]) -> list[Detections]:
        self.batches.append(len(images))
        return [self.find(image) for image in images]

    def find(self, image: np.ndarray) -> Detections:
        count, _, stats, _ = cv2.connectedComponentsWithStats((image.min(2) < 230).astype(np.uint8))
        # What JPEG leaves around a word is no word.
        sizes = [stats[i, :4].tolist() for i in range(1, count) if stats[i, 4] > 60]
        boxes = sorted(sizes, reverse=True)
        rings = [
            np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], dtype=np.float32)
            for x, y, w, h in boxes
        ]
        return Detections(rings, np.full(len(rings), self.score, dtype=np.float32))


@MODELS.register_module()
class ColourReader(BaseModel):
    """Reads a letter off a crop's blue and a score off its green, in so many seconds."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(data_preprocessor={'type': 'CropDataPreprocessor', 'bgr_to_rgb': False})
        self.bias = nn.Parameter(torch.zeros(1))
        self.calls: list[int] = []
        self.seconds = seconds

    def forward(
        self, inputs: Tensor, data_samples: list[TextRecogDataSample], mode: str = 'predict'
    ) -> list[TextRecogDataSample]:
        self.calls.append(len(inputs))
        time.sleep(self.seconds)
        for crop, sample in zip(inputs, data_samples):
            blue, green, _ = (crop[:, 16, 64] * 127.5 + 127.5).round().tolist()
            red_first, red_last = crop[2, 16, 12].item(), crop[2, 16, -12].item()
            score = green / 255 * (0.5 if red_last > red_first + 0.1 else 1.0)
            text = chr(ord('a') + int(blue) // BLUE_STEP) if blue else ''
            sample.pred_text = LabelData(item=text, score=[score] * len(text))
        return data_samples


def make_toy(**options: Any) -> TextSpotter:
    """The spotter, built."""
    parts = {
        'detector': {'type': 'BlockDetector'},
        'rectifier': {'type': 'Rectifier', 'size': (32, 128)},
        'recognizer': {'type': 'ColourReader'},
        'vote_below': 0.0,  # each word is read once
    }
    return TorchTextSpotter(**{**parts, **options}).eval()


def draw_photo(
    *words: tuple[str, tuple[int, int, int, int]], size: tuple[int, int] = (100, 200)
) -> np.ndarray:
    """A white image with blocks that read as the given letters.

    Args:
        words: (letter, (x1, y1, x2, y2)), the last row and column not included.
        size: (height, width) of the image.
    """
    image = np.full((*size, 3), 255, dtype=np.uint8)
    for letter, (x1, y1, x2, y2) in words:
        blue = (ord(letter) - ord('a')) * BLUE_STEP + BLUE_STEP // 2
        image[y1:y2, x1:x2] = (blue, GREEN, 0)
    return image


def write_config(folder: Path, seconds: float = 0.0) -> Path:
    """Weights and config of the toy spotter in ``folder``; returns the config."""
    weights = folder / 'toy.safetensors'
    save_weights(make_toy(), weights)
    config = folder / 'toy_spotter_config.py'
    config.write_text(CONFIG.format(weights=str(weights), seconds=seconds), encoding='utf-8')
    return config
