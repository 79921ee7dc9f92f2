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
    """Whether bfloat16 is faster than float32: Intel processors with AMX, AMD ones since Zen 4.

    Both Intel and AMD have vector instructions for bfloat16 (``avx512_bf16``). With them, the
    default detector takes half the time on AMD, and longer than in float32 on Intel.

    Args:
        cpuinfo: Description of the processors by Linux. Without it the result is False.
    """
    if not cpuinfo.is_file():
        return False
    text = cpuinfo.read_text()
    is_amd = re.search(r'^vendor_id\s*:\s*AuthenticAMD$', text, re.MULTILINE)
    flag = '(amx_bf16|avx512_bf16)' if is_amd else 'amx_bf16'
    return re.search(rf'^flags\s*:.*\b{flag}\b', text, re.MULTILINE) is not None
