"""The dtype of the operators' computations."""

from __future__ import annotations

import functools

import torch
from torch import Tensor


def widen(*tensors: Tensor) -> list[Tensor]:
    """Cast tensors to their common dtype, but at least to single precision.

    torchvision has no half-precision operators on the CPU and only some on CUDA. Half precision
    also cannot distinguish neighboring samples of a large map. In mixed-precision training, the
    output tensors keep their dtype, because the operators fill them in place.
    """
    dtype = functools.reduce(torch.promote_types, (t.dtype for t in tensors), torch.float32)
    return [tensor.to(dtype) for tensor in tensors]
