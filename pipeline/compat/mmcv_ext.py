"""Replacement of ``mmcv._ext``, the compiled module that mmcv-lite does not contain.

What: ``mmcv.ops`` loads its operators from the module ``mmcv._ext``. This module replaces it if
no compiled module is installed. It contains the operators that MMOCR's models call. All other
operators exist too, but calling them raises an error with the name of the operator.
Why: mmcv has no wheels for current torch, and building it requires a compiler and many minutes.
Remove when: mmcv ships wheels for every torch version that this package supports.
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
    if name.startswith('_'):  # Attributes that importlib and inspect look up.
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return missing_operator(name)
