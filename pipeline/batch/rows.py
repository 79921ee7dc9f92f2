"""Rows of the results: the records of ``clipter infer``, or an error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.io import ImageReadError, InputItem, PhotoResult, iter_inputs
from pipeline.layout import Page
from pipeline.structures import Word

if TYPE_CHECKING:
    from pipeline.spotter import TextSpotter


def read_rows(
    spotter: TextSpotter, source: str, strict: bool = False, password: str | None = None
) -> Iterator[dict[str, Any]]:
    """Read one input: one row per image or page.

    Args:
        spotter: Spotter that reads the images.
        source: Path or URL of an image, or of a PDF or TIFF with several pages.
        strict: Whether damaged images are refused.
        password: Password of PDF files.

    Yields:
        :func:`pipeline.io.photo_record` of each image, or ``{"image", "error"}``.
    """
    try:
        for item in iter_inputs([source], strict=strict, password=password):
            yield _read_item(spotter, item)
    except Exception as error:  # Listing the pages failed; the other inputs are read.
        yield error_row(source, error)


def error_row(source: str, error: Exception | str) -> dict[str, Any]:
    """The row of an image that could not be read."""
    if isinstance(error, Exception) and not isinstance(error, ImageReadError):
        error = f'{source}: {type(error).__name__}: {error}'
    return {'image': source, 'error': ' '.join(str(error).split())}


def record_schema() -> Any:
    """Schema of the rows for pyarrow: the fields of a record, and ``error``."""
    import pyarrow

    word = Word(np.zeros((4, 2), np.float32), 'text', 0.5, 0.5)
    example = PhotoResult('', '', Page.from_words([word], (1, 1)), 0.0).record()
    schema = pyarrow.Table.from_pylist([example]).schema
    return schema.append(pyarrow.field('error', pyarrow.string()))


def _read_item(spotter: TextSpotter, item: InputItem) -> dict[str, Any]:
    try:
        image = item.load()
        start = time.perf_counter()
        words = spotter.read_batch([image])[0]
        seconds = time.perf_counter() - start
    except Exception as error:  # One image must not end a run of millions.
        return error_row(item.source, error)
    page = Page.from_words(words, image.shape[:2], words.orientation)
    return PhotoResult(item.name, item.source, page, seconds).record()
