"""The one error that reading a photo raises."""

from __future__ import annotations

MAX_PIXELS = 300_000_000


class ImageReadError(ValueError):
    """A photo cannot be read. The message is one line and names the photo."""

    def __init__(self, message: str) -> None:
        super().__init__(' '.join(printable(message).split()))


def printable(text: str) -> str:
    """Text that every UTF-8 file takes: bytes of file names that are no UTF-8 become '?'."""
    return text.encode('utf-8', 'replace').decode('utf-8')


def check_pixels(width: int, height: int, max_pixels: int, label: str) -> None:
    """Refuse pictures that would fill the memory, before they are decoded.

    Raises:
        ImageReadError: If ``width * height`` is over ``max_pixels``.
    """
    if width * height > max_pixels:
        raise ImageReadError(
            f'{label}: {width} x {height} pixels are more than the limit of '
            f'{max_pixels / 1e6:g} million (max_pixels).'
        )
