"""Readers of published lexicons: one file for all images, or one list per image."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from pipeline.evaluation.image_names import image_key
from pipeline.evaluation.lexicon import Lexicon
from pipeline.evaluation.lexicon_rules import LexiconLevel
from pipeline.evaluation.submission import list_files

_PREFIX = re.compile(r'^(?:pair_)?(?:new_)?(?:voc_)?')


def read_lexicon(path: str | Path, level: LexiconLevel) -> Callable[[str], Lexicon]:
    """Read a lexicon.

    Args:
        path: For ``strong``, a folder or zip with one list per image, whose name ends in
            ``img_N.txt`` or in the image name. A ``pair_*`` list is preferred to the ``new_*`` list
            of the same image. For the other levels, one file.
        level: ``strong``, ``weak``, ``generic`` or ``full``.

    Returns:
        A function from image name to lexicon. It raises ValueError if the image has no list.

    Raises:
        ValueError: If the path does not exist or contains no words.
    """
    path = Path(path)
    if level == 'strong':
        return _read_photo_lexicons(path)
    if not path.is_file():
        raise ValueError(f'{path}: wanted one file of words for the {level} lexicon, found none.')
    lexicon = parse_lexicon(path.name, path.read_bytes())
    if not lexicon.keys:
        raise ValueError(f'{path}: wanted a lexicon with words, got an empty file.')
    return lambda name: lexicon


def parse_lexicon(name: str, content: bytes) -> Lexicon:
    """Parse words, or ``KEY original`` pairs if every line has a blank or the name has 'pair'."""
    text = content.decode('utf-8', 'replace').removeprefix('\ufeff')
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    if all(' ' in line for line in lines) or 'pair' in name:
        return Lexicon.from_pairs(_split_pair(line) for line in lines)
    return Lexicon.from_words(lines)


def _split_pair(line: str) -> tuple[str, str]:
    """Split at the first blank, or in the middle if both halves have the same letters."""
    fields = line.split(' ')
    half = len(fields) // 2
    if len(fields) > 2 and _letters(fields[:half]) == _letters(fields[half:]):
        return ' '.join(fields[:half]), ' '.join(fields[half:])
    key, _, original = line.partition(' ')
    return key, original or key


def _letters(fields: list[str]) -> str:
    return ''.join(c for c in ' '.join(fields).upper() if c.isalnum() or c == ' ')


def _read_photo_lexicons(path: Path) -> Callable[[str], Lexicon]:
    if path.is_file() and path.suffix.lower() != '.zip':
        raise ValueError(
            f'{path}: wanted a folder or zip of lists, one per image, for the strong lexicon, '
            'got one file. A list for all images is weak, generic or full.'
        )
    readers: dict[str, tuple[str, Callable[[], bytes]]] = {}
    for name, read in list_files(path):
        stem, dot, suffix = name.rsplit('/', 1)[-1].rpartition('.')
        if not dot or suffix.lower() != 'txt':
            continue
        key = image_key(_PREFIX.sub('', stem))
        if key not in readers or 'pair' in stem:
            readers[key] = (stem, read)
    if not readers:
        raise ValueError(f'{path}: wanted lists whose names end in img_N.txt, found none.')
    cache: dict[str, Lexicon] = {}

    def lexicon_of(image: str) -> Lexicon:
        key = image if image in readers else image.lstrip('0')
        if key not in readers:
            raise ValueError(
                f'{path}: wanted a list for photo {image} (a name that ends in img_{image}.txt), '
                'found none.'
            )
        if key not in cache:
            stem, read = readers[key]
            cache[key] = parse_lexicon(stem, read())
        return cache[key]

    return lexicon_of
