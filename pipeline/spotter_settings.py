"""Settings of a spotter, which can be changed between images."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from pipeline.image_orientation import ORIENTATIONS
from pipeline.recognition.ctc_reader import CTCReader
from pipeline.recognition.language.letter_ngrams import LetterNgrams


class SpotterSettings:
    """The settings of a :class:`pipeline.spotter.TextSpotter`.

    Attributes:
        detector: Text detector of the engine.
        recognizer: Recognizer of the engine.
    """

    detector: Any
    recognizer: Any
    _min_score: float
    _crop_batch_size: int
    _vote_below: float
    _orientation: str | int = 'auto'

    @property
    def _has_pyramid(self) -> bool:
        return hasattr(self.detector, 'pyramid')

    def settings(self) -> dict[str, Any]:
        """All settings as values that can be pickled, for :meth:`restore_settings`."""
        return {
            'min_score': self.min_score,
            'crop_batch_size': self.crop_batch_size,
            'vote_below': self.vote_below,
            'orientation': self.orientation,
            'charset': self.charset,
            'language_model': self.language_model,
            'has_context': self.has_context,
            'pyramid': dict(vars(self.detector.pyramid)) if self._has_pyramid else {},
        }

    def restore_settings(self, settings: Mapping[str, Any]) -> None:
        """Set what :meth:`settings` of a spotter of the same config returned."""
        self.min_score = settings['min_score']
        self.crop_batch_size = settings['crop_batch_size']
        self.vote_below = settings['vote_below']
        self.orientation = settings['orientation']
        self.charset = settings['charset']
        if settings['language_model'] is not self.language_model:
            self.language_model = settings['language_model']
        self.use_context(settings['has_context'])
        if self._has_pyramid:
            vars(self.detector.pyramid).update(settings['pyramid'])

    @property
    def min_score(self) -> float:
        """Words with a ``Word.score`` below this are dropped, and empty ones.

        Raises:
            ValueError: If it is set to a value outside [0, 1].
        """
        return self._min_score

    @min_score.setter
    def min_score(self, score: float) -> None:
        check_settings(min_score=score)
        self._min_score = score

    @property
    def crop_batch_size(self) -> int:
        """Largest number of crops per forward pass, which bounds the memory.

        Raises:
            ValueError: If it is set to less than 1.
        """
        return self._crop_batch_size

    @crop_batch_size.setter
    def crop_batch_size(self, size: int) -> None:
        check_settings(crop_batch_size=size)
        self._crop_batch_size = size

    @property
    def vote_below(self) -> float:
        """Words with a lower mean probability per character are read several times.

        Raises:
            ValueError: If it is set to a value outside [0, 1].
        """
        return self._vote_below

    @vote_below.setter
    def vote_below(self, probability: float) -> None:
        check_settings(vote_below=probability)
        self._vote_below = probability

    @property
    @abstractmethod
    def has_context(self) -> bool:
        """Whether the recognizer uses scene context."""

    @abstractmethod
    def use_context(self, on: bool) -> None:
        """Turn scene context on or off.

        Raises:
            ValueError: If it is turned on for a recognizer without context.
        """

    @property
    @abstractmethod
    def language_model(self) -> LetterNgrams | None:
        """Language model that rescores low-confidence words, or None; it can be replaced.

        Raises:
            ValueError: If it is set for a recognizer that cannot use one.
        """

    @language_model.setter
    @abstractmethod
    def language_model(self, model: LetterNgrams | None) -> None: ...

    @property
    def charset(self) -> str | None:
        """Characters or texts that are read, or None for all.

        ``'digits'``, ``'letters'``, ``'alphanumeric'``, the allowed characters themselves, or
        ``'/REGEX/'``, which the text of each word must match. The constraint applies while the
        recognizer decodes; see :class:`pipeline.recognition.charset.Charset`.

        Raises:
            ValueError: If it is set for a recognizer that cannot be constrained, or the
                recognizer cannot read the characters, or the regular expression is invalid.
            ImportError: If it is set to a regular expression without the package regex.
        """
        reader = self._ctc_reader()
        return None if reader is None or reader.charset is None else reader.charset.spec

    @charset.setter
    def charset(self, spec: str | None) -> None:
        reader = self._ctc_reader()
        if reader is not None:
            reader.use_charset(spec)
        elif spec is not None:
            raise ValueError('a charset requires a recognizer with a CTCDecoder.')

    @abstractmethod
    def _ctc_reader(self) -> CTCReader | None:
        """Reader of the recognizer, or None if the recognizer does not decode by CTC."""

    @property
    def long_side(self) -> int:
        """Long side, in pixels, to which images are resized for the detector.

        Larger values find smaller words and take more time. See :class:`ImagePyramid
        <pipeline.detection.image_pyramid.ImagePyramid>` for long and very large images.

        Raises:
            ValueError: If it is set to less than 32.
        """
        return self.detector.pyramid.long_side_px

    @long_side.setter
    def long_side(self, pixels: int) -> None:
        _check_number('long_side', pixels)
        self.detector.pyramid.set_long_side(pixels)

    @property
    def tile(self) -> int:
        """Maximum side, in pixels, of a detector input, which bounds the memory.

        Larger inputs are cut into overlapping tiles of this size.

        Raises:
            ValueError: If it is set to less than 128.
        """
        return self.detector.pyramid.tile_px

    @tile.setter
    def tile(self, pixels: int) -> None:
        _check_number('tile', pixels)
        self.detector.pyramid.set_tile(pixels)

    @property
    def orientation(self) -> str | int:
        """Degrees by which images are rotated clockwise before they are read, or ``'auto'``.

        With ``'auto'`` an image is read as it is. It is rotated and read again if the words show
        that it is rotated by 90, 180 or 270 degrees, and the better result is kept. With a
        ``charset``, ``'auto'`` reads images as they are.

        Raises:
            ValueError: If it is set to another value than ``'auto'``, 0, 90, 180 and 270.
        """
        return self._orientation

    @orientation.setter
    def orientation(self, orientation: str | int) -> None:
        if orientation not in ORIENTATIONS:
            raise ValueError(f'orientation must be one of {ORIENTATIONS}, got {orientation!r}.')
        self._orientation = orientation

    @property
    @abstractmethod
    def device(self) -> Any:
        """Device of the networks."""

    def use_words(self, words: Sequence[str | os.PathLike[str]]) -> None:
        """Set the word lists of the language model, which rescores low-confidence words.

        Args:
            words: Word lists, which replace the previous ones. ``'english'`` is the list that this
                package contains. An empty sequence turns rescoring off. See
                :class:`pipeline.recognition.language.letter_ngrams.LetterNgrams`.

        Raises:
            ValueError: If the recognizer has no language model, or a list cannot be read.
            FileNotFoundError: If a list is missing.
        """
        self.language_model = LetterNgrams.like(self.language_model, words)


def check_settings(
    min_score: float = 0.0, crop_batch_size: int = 1, vote_below: float = 0.0
) -> None:
    """Check the settings that all engines share.

    Raises:
        TypeError: If one of them is not a number.
        ValueError: If a threshold is not in [0, 1] or the batch size is not positive.
    """
    _check_number('crop_batch_size', crop_batch_size)
    for name, threshold in (('min_score', min_score), ('vote_below', vote_below)):
        _check_number(name, threshold)
        if not 0 <= threshold <= 1:
            raise ValueError(f'{name} must be in [0, 1], got {threshold}.')
    if crop_batch_size < 1:
        raise ValueError(f'crop_batch_size must be at least 1, got {crop_batch_size}.')


def _check_number(name: str, value: Any) -> None:
    """Raise a ``TypeError`` that names the setting if its value is not a number."""
    if not isinstance(value, Real):
        raise TypeError(f'{name} must be a number, got {value!r}.')
