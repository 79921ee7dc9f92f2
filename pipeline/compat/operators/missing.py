"""The error of mmcv operators that are not available."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn


class MissingOperatorError(RuntimeError):
    """An mmcv operator was called that is neither compiled nor implemented in this package.

    Args:
        operator: Name of the operator in mmcv's compiled module.
    """

    def __init__(self, operator: str) -> None:
        super().__init__(
            f'mmcv operator {operator!r} requires the compiled mmcv, but mmcv-lite is installed '
            "and pipeline.compat contains only the operators that MMOCR's models call. "
            'Run `pip uninstall mmcv-lite`, then install mmcv==2.0.1 built for your torch: '
            'https://mmcv.readthedocs.io/en/2.x/get_started/build.html'
        )
        self.operator = operator


def missing_operator(name: str) -> Callable[..., NoReturn]:
    """Make a function that raises :class:`MissingOperatorError` when it is called.

    mmcv looks up all its operators at import, so the look-up must succeed and only the call may
    fail.
    """

    def raise_missing(*args: Any, **kwargs: Any) -> NoReturn:
        raise MissingOperatorError(name)

    raise_missing.__name__ = raise_missing.__qualname__ = name
    return raise_missing
