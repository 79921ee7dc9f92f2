"""Batches of ``clipter infer``: images in, results with their pictures and lines out."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from pipeline.io import CropResult, ImageReadError, InputItem, PhotoResult
    from pipeline.layout import Page
    from pipeline.spotter import TextSpotter

LEAST_PRINTED = 0.2
"""Texts of crops with a lower score are written, but not printed: they are mostly noise."""


@dataclass
class Batch:
    """Inputs that are read together. :meth:`load` decodes them.

    Attributes:
        items: Inputs of the batch.
        images: Those that can be read, with their decoded image.
        errors: Errors of the others.
    """

    items: Sequence[InputItem]
    images: list[tuple[InputItem, np.ndarray]] = field(default_factory=list)
    errors: list[ImageReadError] = field(default_factory=list)
    loaded: bool = False

    def load(self) -> Batch:
        """Decode the images, once."""
        from pipeline.io import ImageReadError

        for item in () if self.loaded else self.items:
            try:
                self.images.append((item, item.load()))
            except ImageReadError as error:
                self.errors.append(error)
        self.loaded = True
        return self


@dataclass(frozen=True)
class Finished:
    """The result of one input.

    Attributes:
        result: Record for the writer.
        line: Line for the terminal.
        picture: Encoded PNG with the words drawn, or None.
    """

    result: PhotoResult | CropResult
    line: str
    picture: bytes | None = None


def read_batch(spotter: TextSpotter, batch: Batch, args: argparse.Namespace) -> list[Finished]:
    """Read images together and draw their words."""
    from pipeline.io import PhotoResult
    from pipeline.layout import Page

    start = time.perf_counter()
    readings = spotter.read_batch([image for _, image in batch.images])
    seconds = (time.perf_counter() - start) / len(readings)
    finished = []
    for (item, image), words in zip(batch.images, readings):
        page = Page.from_words(words, image.shape[:2], words.orientation)
        # Results wait for their turn, so they keep the image only for the format that requires it.
        kept = image if args.format == 'pdf' else None
        count = f'{len(words)} word{"" if len(words) == 1 else "s"}'
        texts = ' '.join(word.text for word in words)
        line = f'{item.source} ({count}, {seconds:.2f} s)'
        finished.append(
            Finished(
                PhotoResult(item.name, item.source, page, seconds, kept),
                f'{line}: {texts}' if texts else line,
                None if args.no_draw else _draw(page, image),
            )
        )
    return finished


def read_crop_batch(spotter: TextSpotter, batch: Batch, args: argparse.Namespace) -> list[Finished]:
    """Read word crops together; low scores give empty texts."""
    from pipeline.io import CropResult

    finished = []
    readings = spotter.read_crops([image for _, image in batch.images])
    for (item, _), (text, score) in zip(batch.images, readings):
        if score < (args.min_score or 0):
            text = ''
        hidden = text and args.min_score is None and score < LEAST_PRINTED
        line = f'{item.source} ({score:.2f}): {f"[below {LEAST_PRINTED}]" if hidden else text}'
        finished.append(Finished(CropResult(item.name, item.source, text, score), line))
    return finished


def _draw(page: Page, image: np.ndarray) -> bytes | None:
    import cv2

    ok, png = cv2.imencode('.png', page.draw(image), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return png.tobytes() if ok else None
