"""Word lists with frequency weights."""

from __future__ import annotations

import math
import os
from pathlib import Path

from pipeline.utils.word_encoding import decode_words

ENGLISH_WORDS = Path(__file__).parent / 'words.txt'
"""List of 71,000 English words and names. The file names its sources."""


def read_word_list(path: str | os.PathLike[str]) -> dict[str, float]:
    """Read words and their weights.

    Args:
        path: Path of a file with one word per line and an optional weight after it, in UTF-8, or
            in UTF-16 with a byte order mark. The default weight is 1. Lines that start with '#'
            are comments.

    Returns:
        The weight of each word, in the order of the file. Weights of repeated words are added.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the encoding is another one, a line is malformed, a weight is below 1, or
            the file contains no words.
    """
    try:
        text = decode_words(Path(path).read_bytes(), f'word list {path}')
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"no word list {path}. Use 'english' for the built-in list."
        ) from error
    return parse_word_list(text, str(path))


def parse_word_list(text: str, source: str) -> dict[str, float]:
    """Parse the text of a word list; see :func:`read_word_list`.

    Args:
        text: Content of the list.
        source: Name of the list in error messages.

    Raises:
        ValueError: If a line is malformed, a weight is below 1, or the text contains no words.
    """
    weights: dict[str, float] = {}
    known: dict[str, float | None] = {}  # Lists have few different weights.
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith('#') or not (fields := line.split(maxsplit=1)):
            continue
        given = fields[1].rstrip() if len(fields) > 1 else '1'
        if given not in known:
            known[given] = _parse_weight(given)
        weight = known[given]
        if weight is None:
            raise ValueError(
                f'{source}:{number}: wanted a word and an optional weight of 1 or more, as in '
                f"'street 8', got {line.strip()!r}."
            )
        word = fields[0]
        weights[word] = weights.get(word, 0.0) + weight
    if not weights:
        raise ValueError(f'wanted one word per line, got none in {source}. Use another word list.')
    return weights


def _parse_weight(text: str) -> float | None:
    """The weight, or None if it is malformed or below 1."""
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 1 <= weight < math.inf else None
