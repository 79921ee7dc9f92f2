"""Lists of words with how common they are."""

from __future__ import annotations

import math
import os
from pathlib import Path

ENGLISH_WORDS = Path(__file__).parent / 'words.txt'
"""71,000 English words and names that this package ships; its sources are named inside."""


def read_word_list(path: str | os.PathLike[str]) -> dict[str, float]:
    """Read words and their weights.

    Args:
        path: UTF-8, a word a line, with its weight behind it where it is not 1; lines that start
            with '#' are comments.

    Returns:
        The weight of each word, in the order of the file; of words that come twice, the sum.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line is anything else, a weight is below 1, or there is no word.
    """
    try:
        lines = Path(path).read_text(encoding='utf-8-sig').splitlines()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"no word list {path}; 'english' names the one that comes along."
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(f'wanted a word list in UTF-8, {path} is something else.') from error
    weights: dict[str, float] = {}
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or line.startswith('#'):
            continue
        try:
            word, *rest = fields
            weight = float(*(rest or ['1']))
        except (TypeError, ValueError):
            weight = 0.0
        if not 1 <= weight < math.inf:
            raise ValueError(
                f'{path}:{number}: wanted a word and perhaps its weight, 1 or more, as in '
                f"'street 8', got {line.strip()!r}."
            )
        weights[word] = weights.get(word, 0.0) + weight
    if not weights:
        raise ValueError(f'wanted a word a line, got none in {path}; name another word list.')
    return weights
