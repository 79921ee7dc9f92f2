"""A spotter that reads encoded images with the options of a request."""

from __future__ import annotations

import io
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pipeline.io import ImageReadError, ImageTooLargeError
from pipeline.io.decode import decode_image
from pipeline.io.errors import MAX_PIXELS, check_pixels
from pipeline.io.heif import add_reader
from pipeline.io.pdf import is_pdf
from pipeline.io.pillow_limit import no_pillow_limit
from pipeline.layout import Page
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.serve.errors import RequestError
from pipeline.serve.options import SpotOptions, WordWeights
from pipeline.spotter import TextSpotter

_KEPT_MODELS = 4


@dataclass(frozen=True, eq=False)
class Reading:
    """The words of one image.

    Args:
        page: Words in lines and blocks.
        seconds: Time of reading, without decoding.
        warning: What was not read of a damaged image, or None.
        image: (H, W, 3) uint8 BGR.
    """

    page: Page
    seconds: float
    warning: str | None = None
    image: np.ndarray | None = None


class Reader:
    """Reads encoded images with the options of a request. For one thread.

    Args:
        spotter: Spotter, whose settings are the defaults of the options.
        max_pixels: Largest number of pixels per image.
    """

    def __init__(self, spotter: TextSpotter, max_pixels: int = MAX_PIXELS) -> None:
        self.spotter = spotter
        self.max_pixels = max_pixels
        self.defaults = spotter.settings()
        self.can_use_context = _can_use_context(spotter)
        self.gate = _gate(spotter) if self.can_use_context else None
        self._models: OrderedDict[str | WordWeights, LetterNgrams] = OrderedDict()

    def read(self, images: Sequence[tuple[bytes, str]], options: SpotOptions) -> list[Reading]:
        """Read images together.

        Args:
            images: Bytes and label of each image.
            options: Options of all of them.

        Raises:
            RequestError: If an image cannot be decoded, or the spotter does not support an option.
        """
        decoded = [decode(data, label, self.max_pixels) for data, label in images]
        self._apply(options)
        start = time.perf_counter()
        found = self.spotter.read_batch([image for image, _ in decoded])
        seconds = (time.perf_counter() - start) / len(decoded)
        return [
            Reading(
                Page.from_words(words, image.shape[:2], words.orientation), seconds, warning, image
            )
            for (image, warning), words in zip(decoded, found)
        ]

    def _apply(self, options: SpotOptions) -> None:
        settings = dict(self.defaults)
        if options.min_score is not None:
            settings['min_score'] = options.min_score
        if options.context is not None:
            settings['has_context'] = options.context
        if options.charset is not None:
            settings['charset'] = options.charset
        if options.orientation is not None:
            settings['orientation'] = options.orientation
        try:
            if options.words is not None:
                settings['language_model'] = self._language_model(options.words)
            self.spotter.restore_settings(settings)
        except ValueError as error:
            raise RequestError(422, f'this option cannot be used: {error}') from error

    def _language_model(self, words: str | WordWeights) -> LetterNgrams | None:
        if words == 'none':
            return None
        if words not in self._models:
            lists = [words] if isinstance(words, str) else dict(words)
            like = self.defaults['language_model']
            self._models[words] = (
                LetterNgrams(lists)
                if like is None
                else LetterNgrams(lists, like.order, like.surprise)
            )
            if len(self._models) > _KEPT_MODELS:
                self._models.popitem(last=False)
        self._models.move_to_end(words)
        return self._models[words]


def check_image(data: bytes, label: str, max_pixels: int) -> None:
    """Check the header of an image, so that wrong files do not wait in the queue.

    Raises:
        RequestError: 415 if it is not an image, 413 if it has too many pixels.
    """
    try:
        if not data:
            raise ImageReadError(f'{label}: the file is empty')
        if is_pdf(data):
            raise RequestError(415, f'{label}: is a PDF; send its pages as images.')
        add_reader(data)
        try:
            with no_pillow_limit, Image.open(io.BytesIO(data)) as image:
                size = image.size
        except Exception:  # Pillow's parsers raise many kinds of errors.
            decode_image(data, label, max_pixels)  # A part of it may be readable.
            return
        check_pixels(size[0], size[1], max_pixels, label)
    except ImageReadError as error:
        raise _refusal(error) from error


def decode(data: bytes, label: str, max_pixels: int) -> tuple[np.ndarray, str | None]:
    """Decode an image.

    Returns:
        (H, W, 3) uint8 BGR, and a sentence if only a part of a damaged image is readable.

    Raises:
        RequestError: 415 if it is not an image, 413 if it has too many pixels.
    """
    try:
        try:
            return decode_image(data, label, max_pixels, strict=True), None
        except ImageTooLargeError:
            raise
        except ImageReadError as error:
            partly = decode_image(data, label, max_pixels)
            return partly, f'{error}; only the readable part is used'
    except ImageReadError as error:
        raise _refusal(error) from error


def _refusal(error: ImageReadError) -> RequestError:
    message = str(error).rstrip('.')
    if isinstance(error, ImageTooLargeError):
        message = message.replace(' (max_pixels)', '')
        return RequestError(413, f'{message}; make the image smaller.')
    return RequestError(415, f'{message}; send a JPEG, PNG, WebP, TIFF, BMP or GIF file.')


def _gate(spotter: TextSpotter) -> float | None:
    """tanh(alpha) of the only gate of a torch recognizer, or None."""
    if not hasattr(spotter.recognizer, 'named_modules'):
        return None
    from pipeline.engine.gate_log_hook import gate_values

    return gate_values(spotter.recognizer).get('gate')


def _can_use_context(spotter: TextSpotter) -> bool:
    was_on = spotter.has_context
    try:
        spotter.use_context(True)
    except ValueError:
        return False
    spotter.use_context(was_on)
    return True
