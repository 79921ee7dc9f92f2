"""Registration of the replacement of mmcv's compiled operators.

What: Adds :mod:`pipeline.compat.mmcv_ext` to ``sys.modules`` as ``mmcv._ext``, which makes
``mmcv.ops`` importable. A compiled mmcv is not changed.
Why: See :mod:`pipeline.compat.mmcv_ext`.
Remove when: That module is removed.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec


def has_compiled_mmcv() -> bool:
    """Whether the installed mmcv contains compiled operators, without importing it."""
    mmcv = find_spec('mmcv')
    return mmcv is not None and (
        PathFinder.find_spec('mmcv._ext', mmcv.submodule_search_locations) is not None
    )


def supply_mmcv_operators() -> None:
    """Register the replacement if ``mmcv._ext`` does not exist."""
    if 'mmcv._ext' not in sys.modules and not has_compiled_mmcv():
        sys.modules['mmcv._ext'] = importlib.import_module('pipeline.compat.mmcv_ext')
