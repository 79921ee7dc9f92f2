"""Processor of this process: its cores and matrix instructions."""

from __future__ import annotations

import os
import re
from pathlib import Path


def count_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def multiplies_bfloat16(cpuinfo: Path = Path('/proc/cpuinfo')) -> bool:
    """Whether the processor has matrix instructions for bfloat16 (Intel AMX).

    Vector instructions for bfloat16 (``avx512_bf16``) do not count: with them, the default
    detector takes longer in bfloat16 than in float32.

    Args:
        cpuinfo: Description of the processors by Linux. Without it the result is False.
    """
    if not cpuinfo.is_file():
        return False
    return re.search(r'^flags\s*:.*\bamx_bf16\b', cpuinfo.read_text(), re.MULTILINE) is not None
