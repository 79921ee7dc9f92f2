"""Stands in for ``mmcv._ext``, the compiled module that mmcv-lite leaves out.

What: ``mmcv.ops`` looks its operators up in a module ``mmcv._ext``; this is that module where
no compiled one is installed. The operators that MMOCR's models call are supplied, any other can
be looked up and raises an error that names it when it is called.
Why: mmcv has no wheels for current torch, and building it wants a compiler and many minutes.
When it can go: when mmcv ships wheels for every torch that this package supports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from pipeline.compat.operators.build_info import get_compiler_version, get_compiling_cuda_version
from pipeline.compat.operators.contour_expand import contour_expand
from pipeline.compat.operators.deform_conv import (
    deform_conv_backward_input,
    deform_conv_backward_parameters,
    deform_conv_forward,
)
from pipeline.compat.operators.missing import missing_operator
from pipeline.compat.operators.modulated_deform_conv import (
    modulated_deform_conv_backward,
    modulated_deform_conv_forward,
)
from pipeline.compat.operators.nms import nms
from pipeline.compat.operators.pixel_group import pixel_group
from pipeline.compat.operators.roi_align import roi_align_backward, roi_align_forward
from pipeline.compat.operators.roi_align_rotated import (
    roi_align_rotated_backward,
    roi_align_rotated_forward,
)

__all__ = [
    'contour_expand',
    'deform_conv_backward_input',
    'deform_conv_backward_parameters',
    'deform_conv_forward',
    'get_compiler_version',
    'get_compiling_cuda_version',
    'modulated_deform_conv_backward',
    'modulated_deform_conv_forward',
    'nms',
    'pixel_group',
    'roi_align_backward',
    'roi_align_forward',
    'roi_align_rotated_backward',
    'roi_align_rotated_forward',
]


def __getattr__(name: str) -> Callable[..., NoReturn]:
    if name.startswith('_'):  # what importlib and inspect ask a module for
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return missing_operator(name)
