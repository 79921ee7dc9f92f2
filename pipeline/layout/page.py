"""The text of an image: ``Page > Block > Line > Word``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from pipeline.geometry import box_along, clip_to_image, enclosing_quad, join_sides, rotate_points
from pipeline.layout.arrange import arrange_words
from pipeline.layout.frames import measure_words, word_sides
from pipeline.structures import ReadElement, Word, plain_polygon, word_row

_STRAIGHT_COSINE = 0.98  # Lines whose words turn by more than 11 degrees are curved.


@dataclass(frozen=True, eq=False)
class Line(ReadElement):
    """Words that follow each other.

    Args:
        words: Words in reading order, at least one.
        polygon: (K, 2) float32 in pixels, clockwise from the top-left of the first character. A
            straight line has a box with the angle of the line. A curved line has the sides of its
            words.
    """

    words: tuple[Word, ...]
    polygon: np.ndarray

    @property
    def text(self) -> str:
        """Texts of the words, separated by spaces."""
        return ' '.join(word.text for word in self.words)

    @property
    def along(self) -> np.ndarray:
        """(2,) unit vector from the start of the first word to the end of the last one."""
        frames = measure_words([self.words[0].polygon, self.words[-1].polygon])
        if len(self.words) == 1:
            along = frames.start_along[0] + frames.end_along[0]
        else:
            along = frames.ends[1] - frames.starts[0]
        return along / max(float(np.hypot(*along)), 1e-9)

    def _words(self) -> tuple[Word, ...]:
        return self.words

    def to_dict(self, chars: bool = False) -> dict[str, Any]:
        """``{"text", "polygon", "words"}`` with JSON-serializable values."""
        return {
            'text': self.text,
            'polygon': plain_polygon(self.polygon),
            'words': [word.to_dict(chars) for word in self.words],
        }


@dataclass(frozen=True, eq=False)
class Block(ReadElement):
    """Lines below each other.

    Args:
        lines: Lines in reading order, at least one.
        polygon: (4, 2) float32 box in pixels with the angle of the lines, from their top-left.
    """

    lines: tuple[Line, ...]
    polygon: np.ndarray

    @property
    def words(self) -> tuple[Word, ...]:
        """Words in reading order."""
        return tuple(word for line in self.lines for word in line.words)

    @property
    def text(self) -> str:
        """Texts of the lines, separated by line breaks."""
        return '\n'.join(line.text for line in self.lines)

    def _words(self) -> tuple[Word, ...]:
        return self.words

    def to_dict(self, chars: bool = False) -> dict[str, Any]:
        """``{"text", "polygon", "lines"}`` with JSON-serializable values."""
        return {
            'text': self.text,
            'polygon': plain_polygon(self.polygon),
            'lines': [line.to_dict(chars) for line in self.lines],
        }

    def _colors(self) -> list[int]:
        return [number for number, line in enumerate(self.lines) for _ in line.words]


@dataclass(frozen=True, eq=False)
class Page(ReadElement):
    """The words of one image, in blocks and lines.

    Args:
        blocks: Blocks in reading order.
        size: (height, width) of the image in pixels.
        orientation: Degrees by which the image was rotated clockwise to be read.
    """

    blocks: tuple[Block, ...]
    size: tuple[int, int]
    orientation: int = 0

    @classmethod
    def from_words(cls, words: Sequence[Word], size: tuple[int, int], orientation: int = 0) -> Page:
        """Arrange the words of an image.

        Args:
            words: Words in any order.
            size: (height, width) of the image in pixels.
            orientation: Degrees by which the image is to be rotated clockwise to be upright. The
                order is that of the upright image.

        Returns:
            The page. Its words do not depend on the order of ``words``, and their polygons are
            inside the image.

        Raises:
            ValueError: If a polygon is not (K, 2) finite numbers.
        """
        height, width = int(size[0]), int(size[1])
        words = [clip_word(word, (height, width)) for word in words]
        arranged = arrange_words(
            [rotate_points(word.polygon, orientation, (height, width)) for word in words]
        )
        blocks = tuple(
            _make_block([[words[i] for i in line] for line in block], (height, width))
            for block in arranged
        )
        return cls(blocks, (height, width), orientation)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Lines in reading order."""
        return tuple(line for block in self.blocks for line in block.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        """Words in reading order."""
        return tuple(word for block in self.blocks for word in block.words)

    @property
    def text(self) -> str:
        """Texts of the blocks, separated by blank lines."""
        return '\n\n'.join(block.text for block in self.blocks)

    def _words(self) -> tuple[Word, ...]:
        return self.words

    def to_dict(self, chars: bool = False) -> dict[str, Any]:
        """``{"width", "height", "orientation", "words"}``, as ``clipter infer`` writes it.

        Each word has the numbers of its block and of its line in the page, both from 0.
        """
        return {
            'width': self.size[1],
            'height': self.size[0],
            'orientation': self.orientation,
            'words': [
                {**word.to_dict(chars), 'line': line, 'block': block}
                for word, line, block in zip(self.words, self.line_numbers, self.block_numbers)
            ],
        }

    @cached_property
    def line_numbers(self) -> list[int]:
        """Number of the line of each word, from 0."""
        return [number for number, line in enumerate(self.lines) for _ in line.words]

    @cached_property
    def block_numbers(self) -> list[int]:
        """Number of the block of each word, from 0."""
        return [number for number, block in enumerate(self.blocks) for _ in block.words]

    def rows(self) -> list[dict[str, Any]]:
        """One table row per word, with its block and line; see :meth:`ReadElement.rows`."""
        return [
            {
                'block': block,
                'line': line,
                **word_row(word, clip_to_image(enclosing_quad(word.polygon), self.size)),
            }
            for word, line, block in zip(self.words, self.line_numbers, self.block_numbers)
        ]

    def _colors(self) -> list[int]:
        return self.line_numbers


def clip_word(word: Word, size: tuple[int, int]) -> Word:
    """The word with its polygon inside an image of ``size`` (height, width)."""
    return replace(word, polygon=clip_to_image(word.polygon, size))


def _make_block(lines: list[list[Word]], size: tuple[int, int]) -> Block:
    made = tuple(_make_line(words, size) for words in lines)
    points = np.concatenate([line.polygon for line in made])
    along = np.sum([line.along for line in made], axis=0)
    return Block(made, clip_to_image(box_along(points, along), size))


def _make_line(words: list[Word], size: tuple[int, int]) -> Line:
    points = np.concatenate([word.polygon for word in words])
    line = Line(tuple(words), points)
    frames = measure_words([word.polygon for word in words])
    cosines = np.concatenate([frames.start_along, frames.end_along]) @ line.along
    if cosines.min() > _STRAIGHT_COSINE:
        polygon = box_along(points, line.along)
    else:
        sides = zip(*(word_sides(word.polygon) for word in words))
        polygon = join_sides(*(np.concatenate(side) for side in sides))
    return replace(line, polygon=clip_to_image(polygon, size))
