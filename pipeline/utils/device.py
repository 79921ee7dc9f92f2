"""The device that a user names."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def choose_device(name: str) -> torch.device:
    """Device for ``'auto'`` (CUDA if there is a GPU), ``'cpu'``, ``'cuda[:N]'`` or ``'mps'``.

    Raises:
        ValueError: If torch does not see that device, or the name is invalid.
    """
    import torch

    if name == 'auto':
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f'--device must be auto, cpu, cuda[:N] or mps, got {name}') from None
    if device.type == 'cuda' and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f'--device {name}: torch sees {torch.cuda.device_count() or "no"} CUDA device(s) '
            'here; use --device auto or cpu'
        )
    if device.type == 'mps' and not torch.backends.mps.is_available():
        raise ValueError(
            f'--device {name}: torch sees no Apple GPU here (macOS 12.3 or later on Apple silicon '
            'is required); use --device auto or cpu'
        )
    return device


def runs_on_cpu(name: str) -> bool:
    """Whether ``choose_device(name)`` is the CPU; torch is imported only if there is a GPU."""
    if name == 'cpu':
        return True
    if name == 'auto' and not _has_gpu_driver():
        return True
    return choose_device(name).type == 'cpu'


def _has_gpu_driver() -> bool:
    """Whether a driver reports a GPU that torch may use: NVIDIA's, or AMD's on Linux."""
    if Path('/dev/kfd').exists():
        return True
    try:
        driver = ctypes.CDLL('nvcuda.dll' if sys.platform == 'win32' else 'libcuda.so.1')
        count = ctypes.c_int(0)
        return (
            driver.cuInit(0) == 0
            and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
            and count.value > 0
        )
    except (OSError, AttributeError):
        return False
