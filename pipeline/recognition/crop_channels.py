"""Color or gray: what a recognizer reads."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_BGR_TO_GRAY = (0.114, 0.587, 0.299)  # ITU-R BT.601, as OpenCV's


def crop_channels(recognizer: nn.Module) -> int:
    """Channels of the crops that a recognizer reads: those of its first convolution.

    1 for the gray crops of MMOCR's CRNN. The length of its preprocessor's mean does not tell:
    MMOCR's SVTR reads color with one mean for all channels.
    """
    for module in recognizer.modules():  # in the order of registration, the pixels' side first
        if isinstance(module, nn.Conv2d):
            return module.in_channels
    return 3


def to_gray(crop: Tensor) -> Tensor:
    """(..., 3, H, W) BGR crops -> (..., 1, H, W) of the same dtype."""
    weights = torch.tensor(_BGR_TO_GRAY, device=crop.device).view(3, 1, 1)
    gray = (crop * weights).sum(-3, keepdim=True)
    return gray.to(crop.dtype) if crop.is_floating_point() else gray.round().to(crop.dtype)
