"""Stands in for ``mmcv._ext``, the compiled module that mmcv-lite leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _missing_operator(name: str) -> Callable[..., Any]:
    def raise_missing(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"mmcv operator '{name}' is not among those that pipeline.compat supplies. "
            'Install full mmcv==2.0.1 built for your torch to get it.'
        )

    raise_missing.__name__ = name
    return raise_missing


def __getattr__(name: str) -> Callable[..., Any]:
    if name.startswith('_'):
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return _missing_operator(name)
