"""Information about mmcv's compilation, for ``mmcv.utils.collect_env``."""

from __future__ import annotations


def get_compiler_version() -> str:
    """Compiler of mmcv: not applicable."""
    return 'n/a'


def get_compiling_cuda_version() -> str:
    """CUDA version of mmcv: not applicable."""
    return 'n/a'
