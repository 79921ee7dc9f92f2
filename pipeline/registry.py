"""MMOCR's registries. All modules of this package register in them.

A config with ``default_scope = 'mmocr'`` can name modules of this package and of MMOCR.
"""

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split
from mmocr.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    METRICS,
    MODELS,
    OPTIM_WRAPPERS,
    TASK_UTILS,
    TRANSFORMS,
    VISUALIZERS,
)

__all__ = [
    'DATASETS',
    'DATA_SAMPLERS',
    'HOOKS',
    'METRICS',
    'MODELS',
    'OPTIM_WRAPPERS',
    'TASK_UTILS',
    'TRANSFORMS',
    'VISUALIZERS',
]
