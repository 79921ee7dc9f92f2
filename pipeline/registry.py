"""MMOCR's registries, the ones that everything of this package registers in.

A config with ``default_scope = 'mmocr'`` finds our modules beside MMOCR's own.
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
