"""Registers the stand-in for mmcv's compiled operators.

What: Puts :mod:`pipeline.compat.mmcv_ext` into ``sys.modules`` as ``mmcv._ext``, which makes
``mmcv.ops`` importable. A compiled mmcv, where one is installed, is left untouched.
Why: see :mod:`pipeline.compat.mmcv_ext`.
When it can go: with that module.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec


def has_compiled_mmcv() -> bool:
    """Tell whether the installed mmcv brings its compiled operators, without importing it."""
    mmcv = find_spec('mmcv')
    return mmcv is not None and (
        PathFinder.find_spec('mmcv._ext', mmcv.submodule_search_locations) is not None
    )


def supply_mmcv_operators() -> None:
    """Register the stand-in where nothing else answers to ``mmcv._ext``."""
    if 'mmcv._ext' not in sys.modules and not has_compiled_mmcv():
        sys.modules['mmcv._ext'] = importlib.import_module('pipeline.compat.mmcv_ext')
