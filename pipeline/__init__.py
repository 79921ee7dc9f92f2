"""Scene-text spotting on MMOCR with a CLIPTER context-augmented recognizer.

The public names are imported at their first use, so ``import pipeline`` is fast and imports
neither torch nor MMOCR. MMEngine configs that name modules of this package require
``custom_imports = dict(imports=['pipeline.registration'])``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.io import ImageReadError
    from pipeline.layout import Block, Line, Page
    from pipeline.spotter import TextSpotter
    from pipeline.structures import Word

__version__ = '0.2.0'

__all__ = ['Block', 'ImageReadError', 'Line', 'Page', 'TextSpotter', 'Word', '__version__']

_MODULES = {
    'Block': 'pipeline.layout',
    'ImageReadError': 'pipeline.io',
    'Line': 'pipeline.layout',
    'Page': 'pipeline.layout',
    'TextSpotter': 'pipeline.spotter',
    'Word': 'pipeline.structures',
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
