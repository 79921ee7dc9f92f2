"""The error and the warning of image reading."""

from __future__ import annotations

MAX_PIXELS = 300_000_000


class ImageReadError(ValueError):
    """An image cannot be read. The message is one line and names the image."""

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))


class ImageTooLargeError(ImageReadError):
    """An image has more pixels than allowed."""


class TooManyPagesError(ImageReadError):
    """A file has more pages than allowed."""


class PasswordError(ImageReadError):
    """A file requires a password, or another one."""


class ImageReadWarning(UserWarning):
    """A part of a file is not read. The message is one line and names the image."""

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))


def printable(text: str) -> str:
    """Make a text encodable as UTF-8: undecodable bytes of file names become '?'."""
    return text.encode('utf-8', 'replace').decode('utf-8')


def check_pixels(width: int, height: int, max_pixels: int, label: str) -> None:
    """Refuse images that are too large for the memory, before decoding.

    Raises:
        ImageTooLargeError: If ``width * height`` exceeds ``max_pixels``.
    """
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f'{label}: {width} x {height} pixels are more than the limit of '
            f'{max_pixels / 1e6:g} million (max_pixels).'
        )


def check_page_count(count: int, max_pages: int | None, label: str) -> None:
    """Refuse files with too many pages.

    Args:
        count: Number of pages that are found.
        max_pages: Maximum number of pages, or None.
        label: Name of the file in the message.

    Raises:
        TooManyPagesError: If there are more pages.
    """
    if max_pages is not None and count > max_pages:
        raise TooManyPagesError(f'{label}: has more pages than the limit of {max_pages}')


def _one_line(message: str) -> str:
    return ' '.join(printable(message).split())
