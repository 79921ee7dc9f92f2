"""Patches that let MMOCR 1.0.1 run on current torch and numpy without a compiled mmcv.

Importing this package applies, in this order:

===========================  ==================================================================
:mod:`.numpy_aliases`        adds ``np.sctypes``, ``np.int0`` and ``np.bool`` if numpy lacks them
:mod:`.mmcv_operators`       registers ``mmcv._ext`` if mmcv is not compiled
:mod:`.package_lookup`       replaces MMEngine's three package look-ups
:mod:`.checkpoint`           allow-lists MMEngine's classes for ``torch.load``; safe downloads
:mod:`.detector_targets`     repairs three methods of TextSnake's and DRRG's losses
:mod:`.locality_aware_nms`   adds the suppression that DRRG requires if ``lanms`` is not installed
===========================  ==================================================================

Nothing else is changed. Each module documents what it changes, why, and when it can be removed.
"""

from __future__ import annotations

from pipeline.compat.mmcv_operators import supply_mmcv_operators
from pipeline.compat.numpy_aliases import restore_numpy_aliases

restore_numpy_aliases()
supply_mmcv_operators()

# These import MMEngine and MMOCR, which requires the two patches above.
from pipeline.compat.checkpoint import allow_mmengine_checkpoints  # noqa: E402
from pipeline.compat.detector_targets import repair_detector_targets  # noqa: E402
from pipeline.compat.locality_aware_nms import supply_locality_aware_nms  # noqa: E402
from pipeline.compat.package_lookup import replace_package_lookup  # noqa: E402

replace_package_lookup()
allow_mmengine_checkpoints()
repair_detector_targets()
supply_locality_aware_nms()
