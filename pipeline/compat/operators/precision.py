"""The number format that the operators compute in."""

from __future__ import annotations

import functools

import torch
from torch import Tensor


def widen(*tensors: Tensor) -> list[Tensor]:
    """Cast tensors to their common dtype, single precision at least.

    torchvision has no half precision operators on the CPU and not all of them on CUDA, and half
    precision cannot tell neighboring samples of a large map apart. Mixed precision training
    gets its own dtype back where an operator fills the tensor it was given.
    """
    dtype = functools.reduce(torch.promote_types, (t.dtype for t in tensors), torch.float32)
    return [tensor.to(dtype) for tensor in tensors]
