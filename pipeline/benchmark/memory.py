"""How much memory this process holds."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

_STATUS = Path('/proc/self/status')
_CLEAR_REFS = Path('/proc/self/clear_refs')


@dataclass(frozen=True)
class Memory:
    """Memory in MiB; None where this system does not tell.

    Attributes:
        resident: Main memory held now.
        peak: The most that was held since the process began, or since ``reset_peak()``.
        device_peak: The most that torch held on the CUDA device.
    """

    resident: float | None
    peak: float | None
    device_peak: float | None


def current_memory(device: torch.device | None = None) -> Memory:
    """Ask the system, and torch where ``device`` is a CUDA device."""
    status = _read_status()
    on_device = None
    if device is not None and device.type == 'cuda':
        on_device = torch.cuda.max_memory_allocated(device) / 2**20
    # VmHWM is this program's own; ru_maxrss may be that of the parent which started it.
    return Memory(status.get('VmRSS'), status.get('VmHWM', _resource_peak()), on_device)


def reset_peak(device: torch.device | None = None) -> None:
    """Begin the peak anew, where the system can (Linux and CUDA)."""
    with contextlib.suppress(OSError):
        if _CLEAR_REFS.exists():
            _CLEAR_REFS.write_text('5')
    if device is not None and device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats(device)


def _read_status() -> dict[str, float]:
    """VmRSS and VmHWM in MiB, where there is /proc."""
    try:
        lines = _STATUS.read_text(encoding='ascii', errors='replace').splitlines()
    except OSError:
        return {}
    fields = (line.split() for line in lines)
    return {
        field[0].rstrip(':'): int(field[1]) / 1024
        for field in fields
        if field and field[0] in ('VmRSS:', 'VmHWM:')
    }


def _resource_peak() -> float | None:
    try:
        import resource
    except ImportError:  # Windows has none.
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == 'darwin' else peak / 2**10
