"""The device that a command line names."""

from __future__ import annotations

import torch


def choose_device(name: str) -> torch.device:
    """``auto`` (CUDA where there is one), ``cpu`` or ``cuda[:N]`` -> a device that is there.

    Raises:
        ValueError: If torch does not see that CUDA device, or the name is none of these.
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
