"""The error of an mmcv operator that nobody supplied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn


class MissingOperatorError(RuntimeError):
    """Raised on the call of an mmcv operator that is neither compiled nor supplied here.

    Args:
        operator: Its name in mmcv's compiled module.
    """

    def __init__(self, operator: str) -> None:
        super().__init__(
            f'mmcv operator {operator!r} wants the compiled mmcv, but mmcv-lite is installed and '
            'pipeline.compat supplies only the operators that the models of MMOCR call. '
            'Run `pip uninstall mmcv-lite`, then install mmcv==2.0.1 built for your torch: '
            'https://mmcv.readthedocs.io/en/2.x/get_started/build.html'
        )
        self.operator = operator


def missing_operator(name: str) -> Callable[..., NoReturn]:
    """Make a function that raises :class:`MissingOperatorError` when it is called.

    mmcv looks all its operators up while it is imported, so a look-up must succeed and only
    the call may fail.
    """

    def raise_missing(*args: Any, **kwargs: Any) -> NoReturn:
        raise MissingOperatorError(name)

    raise_missing.__name__ = raise_missing.__qualname__ = name
    return raise_missing
