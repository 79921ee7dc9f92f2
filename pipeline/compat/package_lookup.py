"""Lets MMEngine find installed packages without ``pkg_resources``.

What: ``is_installed``, ``get_installed_path`` and ``package2module`` of ``mmengine.utils``, which
configs with ``_base_ = ['mmocr::...']`` call, look packages up with ``importlib``.
Why: MMEngine 0.10.7 imports ``pkg_resources`` for it, which setuptools 81 and later lack.
When it can go: when MMEngine stops importing ``pkg_resources``.
"""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from mmengine import hub, utils
from mmengine.config import config
from mmengine.utils import package_utils


def is_installed(package: str) -> bool:
    """Tell whether ``package``, a distribution or a module that is no namespace, is here."""
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        spec = find_spec(package)
        return spec is not None and spec.origin is not None
    return True


def get_installed_path(package: str) -> str:
    """Find the folder of ``package``'s code.

    Args:
        package: A module's name, or a distribution's whose module is named otherwise, such as
            ``mmcv-lite``.

    Raises:
        importlib.metadata.PackageNotFoundError: If there is no such package.
        RuntimeError: If it is a namespace package, which has no one folder.
    """
    spec = find_spec(package) or find_spec(package2module(package))
    if spec is None:
        raise metadata.PackageNotFoundError(package)
    if spec.origin is None:
        raise RuntimeError(
            f'{package} is a namespace package, which has no folder of its own to look for '
            'configs in. Name the package that holds the configs.'
        )
    return str(Path(spec.origin).parent)


def package2module(package: str) -> str:
    """Name the first top-level module of a distribution.

    Raises:
        importlib.metadata.PackageNotFoundError: If the distribution is not installed.
        ValueError: If it does not list its modules.
    """
    modules = (metadata.distribution(package).read_text('top_level.txt') or '').split()
    if not modules:
        raise ValueError(
            f'cannot tell the module of {package}: its top_level.txt is missing or empty. '
            'Give the name that it is imported by.'
        )
    return modules[0]


def replace_package_lookup() -> None:
    """Put the functions above wherever MMEngine has bound its own."""
    for function in (is_installed, get_installed_path, package2module):
        for module in (package_utils, utils, config, hub.hub):
            if hasattr(module, function.__name__):
                setattr(module, function.__name__, function)
