"""Selection of a device by a command-line argument."""

from __future__ import annotations

import torch


def choose_device(name: str) -> torch.device:
    """Select a device by name: ``auto`` (CUDA if available), ``cpu`` or ``cuda[:N]``.

    Raises:
        ValueError: If the name is invalid, or the CUDA device is not available.
    """
    if name == 'auto':
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f'--device must be auto, cpu or cuda[:N], got {name}') from None
    if device.type == 'cuda' and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f'--device {name}: torch sees {torch.cuda.device_count() or "no"} CUDA device(s) '
            'here; use --device auto or cpu'
        )
    return device
