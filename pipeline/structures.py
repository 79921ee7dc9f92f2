"""Values that the stages of the pipeline pass to each other.

Shape legend, used in every docstring of this package:

====  =====================================
I     images
N     words, or their crops
T     steps or word tokens of one crop
S     scene tokens of one image
D     recognizer width
C     context width
L     classes of the charset
K     polygon points
====  =====================================
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.geometry import enclosing_quad, join_sides, resample_polyline, split_sides

if TYPE_CHECKING:
    import pandas
    import torch
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class SceneContext:
    """Scene tokens of a batch of images, and the image of each word.

    Tokens are stored once per image. ``image_index`` maps each word to the tokens of its image.
    Crops without an image have the index -1 and skip the fusion.

    Args:
        tokens: (I, S, C) floating point, the class token first, then the (pooled) patch grid.
        image_index: (N,) int64 in [-1, I): the image of each word, -1 for words without one.

    Raises:
        ValueError: If a shape, a dtype, a device or the range of ``image_index`` is wrong.
    """

    tokens: Tensor
    image_index: Tensor

    def __post_init__(self) -> None:
        import torch
        from torch import Tensor

        tokens, index = self.tokens, self.image_index
        if not isinstance(tokens, Tensor) or tokens.ndim != 3 or not tokens.is_floating_point():
            raise ValueError(
                f'tokens must be a floating point (I, S, C) tensor, got {_describe(tokens)}.'
            )
        if not isinstance(index, Tensor) or index.ndim != 1 or index.dtype != torch.int64:
            raise ValueError(f'image_index must be an int64 (N,) tensor, got {_describe(index)}.')
        if index.device != tokens.device:
            raise ValueError(
                f'tokens are on {tokens.device} and image_index is on {index.device}: move both '
                'to one device before joining them.'
            )
        if index.numel():
            low, high = (int(bound) for bound in torch.aminmax(index))
            if low < -1 or high >= len(tokens):
                raise ValueError(
                    f'image_index must be in [-1, {len(tokens)}) for {len(tokens)} images, '
                    f'got values from {low} to {high}.'
                )

    def __len__(self) -> int:
        """Number of words, N."""
        return len(self.image_index)

    @property
    def num_images(self) -> int:
        """Number of images, I."""
        return len(self.tokens)

    def to(self, device: torch.device | str) -> SceneContext:
        """The same context on another device."""
        return SceneContext(self.tokens.to(device), self.image_index.to(device))


def _describe(value: object) -> str:
    if hasattr(value, 'dtype') and hasattr(value, 'shape'):
        return f'{value.dtype} {tuple(value.shape)}'
    return type(value).__name__


class ReadElement(ABC):
    """What is common to ``Word``, ``Line``, ``Block`` and ``Page``."""

    @abstractmethod
    def to_dict(self, chars: bool = False) -> dict[str, Any]:
        """The element as JSON-serializable values.

        Args:
            chars: Whether words contain their characters; see :meth:`Word.to_dict`.
        """

    def to_json(self, chars: bool = False) -> str:
        """:meth:`to_dict` as JSON text on one line."""
        return json.dumps(self.to_dict(chars), ensure_ascii=False)

    def rows(self) -> list[dict[str, Any]]:
        """One table row per word: text, scores, corners ``x1, y1, ..., x4, y4``, polygon.

        The corners of a curved word are those of the smallest rectangle around it.
        """
        return [word_row(word) for word in self._words()]

    def to_dataframe(self) -> pandas.DataFrame:
        """:meth:`rows` as a pandas table.

        Raises:
            ImportError: If pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError('to_dataframe() requires pandas: pip install pandas') from error
        return pandas.DataFrame(self.rows())

    def draw(self, image: Any) -> np.ndarray:
        """Draw the outlines and texts of the words.

        Args:
            image: The image that was read: a path, bytes, a PIL image, or an (H, W, 3) uint8 BGR
                array; see :func:`pipeline.io.read_image`.

        Returns:
            (H, W, 3) uint8 BGR, a new image. Words of a line have the same color.
        """
        from pipeline.io import read_image
        from pipeline.visualization import draw_words

        words = self._words()
        return draw_words(
            read_image(image),
            [word.polygon for word in words],
            [word.text for word in words],
            colors=self._colors(),
        )

    @abstractmethod
    def _words(self) -> tuple[Word, ...]:
        """Words in reading order."""

    def _colors(self) -> Sequence[int]:
        """Number of the color of each word."""
        return range(len(self._words()))


@dataclass(frozen=True, eq=False)
class Character:
    """A character of a word.

    Args:
        text: The character.
        score: Probability under the recognizer, in [0, 1].
        polygon: (2k, 2) float32 part of the polygon of the word, in pixels.
    """

    text: str
    score: float
    polygon: np.ndarray


@dataclass(frozen=True, eq=False)
class Word(ReadElement):
    """A word that was read in an image.

    Args:
        polygon: (K, 2) float32 in pixels of the image, clockwise from the top-left of the first
            character.
        text: Transcript.
        det_score: Confidence of the detector, in [0, 1].
        rec_score: Probability of the text under the recognizer, in [0, 1].
        char_scores: Probability of each of the M characters. Empty if the recognizer does not
            give them.
        char_borders: (2, M - 1) borders between the characters, as shares of the lengths of the
            top and of the bottom side. None if the recognizer does not find them.
    """

    polygon: np.ndarray
    text: str
    det_score: float
    rec_score: float
    char_scores: tuple[float, ...] = ()
    char_borders: np.ndarray | None = field(default=None, repr=False)

    @property
    def chars(self) -> tuple[Character, ...]:
        """Characters with their boxes, or nothing if the recognizer does not find them.

        A character reaches to the middle between its center and that of the next one. The first
        and the last character reach to the ends of the word.
        """
        borders, count = self.char_borders, len(self.text)
        if borders is None or borders.shape[1] + 1 != count or len(self.char_scores) != count:
            return ()
        edges = np.pad(borders, ((0, 0), (1, 1)))
        edges[:, -1] = 1
        return tuple(
            Character(letter, score, _cut(self.polygon, edges[:, i], edges[:, i + 1]))
            for i, (letter, score) in enumerate(zip(self.text, self.char_scores))
        )

    @property
    def score(self) -> float:
        """Confidence that the polygon is a word, in [0, 1]; ``rec_score`` rates the transcript.

        ``det_score * rec_score ** (1 / len(text))``: the detector's confidence times the geometric
        mean of the character probabilities (the end token counts with the last character). The
        mean keeps the score of long words comparable to that of short words.
        """
        return self.det_score * self.rec_score ** (1 / max(len(self.text), 1))

    def _words(self) -> tuple[Word, ...]:
        return (self,)

    def to_dict(self, chars: bool = False) -> dict[str, Any]:
        """``{"polygon", "text", "score", "det_score", "rec_score"}``.

        Pixels are rounded to two decimals, scores to four.

        Args:
            chars: Whether to add ``"chars"``: ``{"text", "score", "polygon"}`` of each character.
        """
        values = {
            'polygon': plain_polygon(self.polygon),
            'text': self.text,
            'score': round(self.score, 4),
            'det_score': round(self.det_score, 4),
            'rec_score': round(self.rec_score, 4),
        }
        if chars:
            values['chars'] = [
                {
                    'text': char.text,
                    'score': round(char.score, 4),
                    'polygon': plain_polygon(char.polygon),
                }
                for char in self.chars
            ]
        return values


def _cut(ring: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The part of a ring between shares of its top and bottom side."""
    return join_sides(
        *(
            resample_polyline(side, np.linspace(low, high, len(side)))
            for side, low, high in zip(split_sides(ring), start, end)
        )
    )


def plain_polygon(polygon: np.ndarray) -> list[list[float]]:
    """A polygon as ``[[x, y], ...]``, rounded to two decimals."""
    return [[round(float(x), 2), round(float(y), 2)] for x, y in polygon]


def word_row(word: Word, quad: np.ndarray | None = None) -> dict[str, Any]:
    """A table row of a word; see :meth:`ReadElement.rows`.

    Args:
        word: The word.
        quad: (4, 2) corners. By default :func:`pipeline.geometry.enclosing_quad`.
    """
    values = word.to_dict()
    corners = plain_polygon(enclosing_quad(word.polygon) if quad is None else quad)
    names = [f'{axis}{number}' for number in range(1, 5) for axis in 'xy']
    return {
        **{name: values[name] for name in ('text', 'score', 'det_score', 'rec_score')},
        **dict(zip(names, (value for point in corners for value in point))),
        'polygon': values['polygon'],
    }


class ImageWords(list[Word]):
    """The words of one image in reading order: a list with the orientation of the image.

    Args:
        words: Words, with polygons in pixels of the image as it was given.
        orientation: Degrees by which the image was rotated clockwise to be read.
    """

    def __init__(self, words: Iterable[Word] = (), orientation: int = 0) -> None:
        super().__init__(words)
        self.orientation = orientation
