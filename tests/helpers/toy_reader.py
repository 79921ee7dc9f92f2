"""A recognizer with context whose readings can be worked out by hand.

The plain reading of a crop is the letter that its blue says. With context the letter is moved on
by as many places as the first scene token of its image says, times the gate.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.structures import LabelData
from torch import Tensor, nn

from pipeline.analysis.context.subject import Subject
from pipeline.clipter.fusion import TanhGate
from pipeline.rectification import Rectifier
from pipeline.registry import MODELS
from pipeline.structures import SceneContext

STEP = 8
BOXES = ((10, 10, 60, 30), (10, 60, 60, 80))


@MODELS.register_module()
class CornerEncoder(nn.Module):
    """One token of one number: a shift, told by the red of the image's last pixel.

    As a random encoder (``pretrained=None``) it always says ``seed + 7``.
    """

    def __init__(
        self, pretrained: str | None = 'corner', allow_random: bool = False, seed: int = 0
    ) -> None:
        super().__init__()
        self.constant = None if pretrained is not None else seed + 7

    def forward(self, images: Sequence[np.ndarray]) -> Tensor:
        shifts = [
            float(image[-1, -1, 2]) if self.constant is None else float(self.constant)
            for image in images
        ]
        return torch.tensor(shifts).view(-1, 1, 1)


class ShiftReader(BaseModel):
    """Reads a letter off a crop's blue, moved on by its scene's token."""

    def __init__(self, openness: float = 1.0) -> None:
        # Built here: MMEngine would look in its own registry, unless a scope is set.
        preprocessor = MODELS.build({'type': 'CropDataPreprocessor', 'bgr_to_rgb': False})
        super().__init__(data_preprocessor=preprocessor)
        self.context_encoder = CornerEncoder()
        self.use_context = True
        self.recognizer = nn.Linear(1, 1)
        self.fusion = nn.Module()
        self.fusion.gate = TanhGate()
        with torch.no_grad():
            self.fusion.gate.alpha.fill_(math.atanh(openness) if openness < 1 else 20.0)

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[Any],
        mode: str = 'predict',
        context: SceneContext | None = None,
    ) -> list[Any]:
        return self.decode(self.extract(inputs, data_samples), data_samples, mode, context)

    def extract(self, inputs: Tensor, data_samples: list[Any]) -> Tensor:
        return (inputs[:, 0, 16, 64] * 127.5 + 127.5).round()

    def decode(
        self,
        blues: Tensor,
        data_samples: list[Any],
        mode: str,
        context: SceneContext | None,
    ) -> list[Any]:
        for i, sample in enumerate(data_samples):
            shift = 0.0
            if context is not None:
                shift = context.tokens[context.image_index[i], 0, 0].item()
            place = int(blues[i].item()) // STEP + round(shift * self.fusion.gate.openness)
            sample.pred_text = LabelData(item=chr(ord('a') + place % 26), score=[1.0])
        return data_samples


def make_subject(openness: float = 1.0) -> Subject:
    """The toy, ready to be diagnosed."""
    return Subject(
        ShiftReader(openness).eval(),
        Rectifier(size=(32, 128)),
        {'type': 'CornerEncoder', 'pretrained': 'corner'},
    )


def write_photos(
    folder: Path, photos: Sequence[tuple[int, Sequence[tuple[str, str]]]], **extra: Any
) -> Path:
    """Draw images of blocks and annotate them.

    Args:
        folder: Folder of the images and the annotation.
        photos: Shift and words of each image. The last pixel contains the shift, and a word is a
            letter, drawn as its blue, and the gt text.
        extra: Further entries of the first instance of each image.

    Returns:
        Path of the annotation.
    """
    entries = []
    for i, (shift, words) in enumerate(photos):
        image = np.full((100, 200, 3), 255, np.uint8)
        image[-1, -1, 2] = shift
        instances = []
        for (letter, text), (x1, y1, x2, y2) in zip(words, BOXES):
            image[y1:y2, x1:x2] = ((ord(letter) - ord('a')) * STEP + STEP // 2, 120, 0)
            instances.append({'polygon': [x1, y1, x2, y1, x2, y2, x1, y2], 'text': text, **extra})
        cv2.imwrite(str(folder / f'photo_{i}.png'), image)
        entries.append({'img_path': f'photo_{i}.png', 'instances': instances})
    path = folder / 'annotation.json'
    path.write_text(json.dumps({'metainfo': {}, 'data_list': entries}))
    return path
