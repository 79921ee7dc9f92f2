"""What lets MMOCR 1.0.1 run on current torch and numpy without compiling mmcv."""

from __future__ import annotations

import sys

from pipeline.compat.numpy_aliases import restore_numpy_aliases

restore_numpy_aliases()

from pipeline.compat import mmcv_ext  # noqa: E402

sys.modules.setdefault('mmcv._ext', mmcv_ext)
