"""Look-up of installed packages by MMEngine without ``pkg_resources``.

What: Replaces ``is_installed``, ``get_installed_path`` and ``package2module`` of
``mmengine.utils``, which configs with ``_base_ = ['mmocr::...']`` call, by ``importlib`` versions.
Why: MMEngine 0.10.7 imports ``pkg_resources``, which setuptools 81 and later do not contain.
Remove when: MMEngine stops importing ``pkg_resources``.
"""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from mmengine import hub, utils
from mmengine.config import config
from mmengine.utils import package_utils


def is_installed(package: str) -> bool:
    """Whether ``package``, a distribution or a module that is not a namespace, is installed."""
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        spec = find_spec(package)
        return spec is not None and spec.origin is not None
    return True


def get_installed_path(package: str) -> str:
    """Find the folder of a package's code.

    Args:
        package: Name of a module, or of a distribution such as ``mmcv-lite``, whose module has
            another name.

    Raises:
        importlib.metadata.PackageNotFoundError: If the package is not installed.
        RuntimeError: If it is a namespace package, which has no single folder.
    """
    spec = find_spec(package) or find_spec(package2module(package))
    if spec is None:
        raise metadata.PackageNotFoundError(package)
    if spec.origin is None:
        raise RuntimeError(
            f'{package} is a namespace package, which has no single folder with configs. '
            'Use the name of the package that contains the configs.'
        )
    return str(Path(spec.origin).parent)


def package2module(package: str) -> str:
    """Name of the first top-level module of a distribution.

    Raises:
        importlib.metadata.PackageNotFoundError: If the distribution is not installed.
        ValueError: If the distribution does not list its modules.
    """
    modules = (metadata.distribution(package).read_text('top_level.txt') or '').split()
    if not modules:
        raise ValueError(
            f'cannot find the module of {package}: its top_level.txt is missing or empty. '
            'Use the name of the module.'
        )
    return modules[0]


def replace_package_lookup() -> None:
    """Replace MMEngine's functions in all modules that imported them."""
    for function in (is_installed, get_installed_path, package2module):
        for module in (package_utils, utils, config, hub.hub):
            if hasattr(module, function.__name__):
                setattr(module, function.__name__, function)
