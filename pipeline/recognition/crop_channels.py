"""The channels of a recognizer's crops: color or gray."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_BGR_TO_GRAY = (0.114, 0.587, 0.299)  # ITU-R BT.601, as in OpenCV


def crop_channels(recognizer: nn.Module) -> int:
    """Number of crop channels that a recognizer requires: input channels of its first convolution.

    It is 1 for the gray crops of MMOCR's CRNN. The length of the preprocessor's ``mean`` is not
    sufficient: MMOCR's SVTR requires color crops and has one mean for all channels.
    """
    for module in recognizer.modules():  # In order of registration: input layers first.
        if isinstance(module, nn.Conv2d):
            return module.in_channels
    return 3


def to_gray(crop: Tensor) -> Tensor:
    """(..., 3, H, W) BGR crops -> (..., 1, H, W) of the same dtype."""
    weights = torch.tensor(_BGR_TO_GRAY, device=crop.device).view(3, 1, 1)
    gray = (crop * weights).sum(-3, keepdim=True)
    return gray.to(crop.dtype) if crop.is_floating_point() else gray.round().to(crop.dtype)
