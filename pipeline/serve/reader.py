"""A spotter that reads the images of files with the options of a request."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.io.errors import MAX_PIXELS
from pipeline.io.pages import FilePage
from pipeline.layout import Page
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.serve.errors import RequestError
from pipeline.serve.files import decode
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
    """Reads images with the options of a request.

    Several threads may call :meth:`read` at the same time. :meth:`apply` changes the settings of
    all of them.

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

    def read(self, pages: Sequence[FilePage]) -> list[Reading]:
        """Read images together.

        Raises:
            RequestError: If an image cannot be decoded.
        """
        decoded = [decode(page, self.max_pixels) for page in pages]
        start = time.perf_counter()
        found = self.spotter.read_batch([image for image, _ in decoded])
        seconds = (time.perf_counter() - start) / len(decoded)
        return [
            Reading(
                Page.from_words(words, image.shape[:2], words.orientation), seconds, warning, image
            )
            for (image, warning), words in zip(decoded, found)
        ]

    def apply(self, options: SpotOptions) -> None:
        """Set the options of the images that are read next.

        Raises:
            RequestError: If the spotter does not support an option.
        """
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
