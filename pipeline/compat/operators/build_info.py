"""What mmcv reports about its own compilation, for ``mmcv.utils.collect_env``."""

from __future__ import annotations


def get_compiler_version() -> str:
    """Name the compiler that built mmcv: none did."""
    return 'n/a'


def get_compiling_cuda_version() -> str:
    """Name the CUDA version that mmcv was built for: none."""
    return 'n/a'
