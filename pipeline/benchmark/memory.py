"""Memory of this process."""

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
    """Memory in MiB. A value is None if the system does not report it.

    Attributes:
        resident: Current resident memory.
        peak: Peak resident memory since the start of the process or since ``reset_peak()``.
        device_peak: Peak memory of torch on the CUDA device.
    """

    resident: float | None
    peak: float | None
    device_peak: float | None


def current_memory(device: torch.device | None = None) -> Memory:
    """Memory of the process and, if ``device`` is a CUDA device, of torch on it."""
    status = _read_status()
    on_device = None
    if device is not None and device.type == 'cuda':
        on_device = torch.cuda.max_memory_allocated(device) / 2**20
    # VmHWM is the peak of this process. ru_maxrss may include that of its parent.
    return Memory(status.get('VmRSS'), status.get('VmHWM', _resource_peak()), on_device)


def reset_peak(device: torch.device | None = None) -> None:
    """Reset the peaks, if the system supports it (Linux and CUDA)."""
    with contextlib.suppress(OSError):
        if _CLEAR_REFS.exists():
            _CLEAR_REFS.write_text('5')
    if device is not None and device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats(device)


def _read_status() -> dict[str, float]:
    """VmRSS and VmHWM in MiB, or an empty dictionary without /proc."""
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
    except ImportError:  # Windows does not have this module.
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == 'darwin' else peak / 2**10
