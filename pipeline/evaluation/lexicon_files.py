"""Readers of published lexicons: one file for all images, or one list per image."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from pipeline.evaluation.image_names import image_key
from pipeline.evaluation.lexicon import Lexicon
from pipeline.evaluation.lexicon_rules import LexiconLevel
from pipeline.evaluation.submission import list_files
from pipeline.utils.word_encoding import decode_words

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
        ValueError: If the path does not exist, contains no words, or is neither UTF-8 nor UTF-16
            with a byte order mark. The returned function checks the encoding of a strong list.
    """
    path = Path(path)
    if level == 'strong':
        return _read_photo_lexicons(path)
    if not path.is_file():
        raise ValueError(f'{path}: wanted one file of words for the {level} lexicon, found none.')
    lexicon = parse_lexicon(path.name, path.read_bytes(), str(path))
    if not lexicon.keys:
        raise ValueError(f'{path}: wanted a lexicon with words, got an empty file.')
    return lambda name: lexicon


def parse_lexicon(name: str, content: bytes, source: str | None = None) -> Lexicon:
    """Parse words, or ``KEY original`` pairs if every line has a blank or the name has 'pair'.

    Args:
        name: Name of the file.
        content: Bytes of the file, in UTF-8, or in UTF-16 with a byte order mark.
        source: Name of the file in error messages. None uses ``name``.

    Raises:
        ValueError: If the file has another encoding. The message contains file and line.
    """
    text = decode_words(content, source or name)
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
    readers: dict[str, tuple[str, str, Callable[[], bytes]]] = {}
    for name, read in list_files(path):
        stem, dot, suffix = name.rsplit('/', 1)[-1].rpartition('.')
        if not dot or suffix.lower() != 'txt':
            continue
        key = image_key(_PREFIX.sub('', stem))
        if key not in readers or 'pair' in stem:
            readers[key] = (stem, name, read)
    if not readers:
        raise ValueError(f'{path}: wanted lists whose names end in img_N.txt, found none.')
    cache: dict[str, Lexicon] = {}

    def lexicon_of(image: str) -> Lexicon:
        key = image if image in readers else image.lstrip('0')
        if key not in readers:
            raise ValueError(
                f'{path}: wanted a list for image {image} (a name that ends in img_{image}.txt), '
                'found none.'
            )
        if key not in cache:
            stem, name, read = readers[key]
            cache[key] = parse_lexicon(stem, read(), f'{path}/{name}')
        return cache[key]

    return lexicon_of
