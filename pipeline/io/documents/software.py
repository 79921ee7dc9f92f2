"""Name and version of this package, as documents state them."""

from __future__ import annotations


def software() -> tuple[str, str]:
    """(name, version)."""
    from pipeline import __version__

    return 'clipter-spotter', __version__
