"""Options of a request: query parameters and form fields with the names of ``clipter infer``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.image_orientation import ORIENTATIONS
from pipeline.recognition.charset import check_charset
from pipeline.recognition.language.word_list import parse_word_list
from pipeline.serve.errors import RequestError

MAX_WORD_LIST_CHARACTERS = 200_000
SETTINGS = ('format', 'images', 'name', 'password')
"""Fields that do not concern the spotter."""

_FILES = ('image', 'file', 'photo')
"""Names that clients give to the file of an image."""

WordWeights = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class SpotOptions:
    """Options of one request. None is the setting of the server.

    Args:
        min_score: Least ``Word.score``.
        words: ``'english'``, ``'none'``, or words with their weights.
        context: Whether scene context is used.
        charset: Characters that are read; see ``TextSpotter.charset``.
        orientation: Degrees by which images are rotated clockwise, or ``'auto'``.
    """

    min_score: float | None = None
    words: str | WordWeights | None = None
    context: bool | None = None
    charset: str | None = None
    orientation: str | int | None = None


class Option(NamedTuple):
    """One option: its parser, and its JSON schema and description in OpenAPI."""

    parse: Callable[[str], Any]
    schema: dict[str, Any]
    description: str


def parse_options(fields: Iterable[tuple[str, str]]) -> SpotOptions:
    """Parse the fields of a request.

    Args:
        fields: (name, value) of query parameters and form fields. Empty values are ignored.

    Raises:
        RequestError: 422 if an option is unknown, is repeated or has a wrong value.
    """
    values: dict[str, Any] = {}
    for name, text in fields:
        if name not in OPTIONS:
            raise RequestError(422, _unknown(name))
        if not text.strip():
            continue
        if name in values:
            raise RequestError(422, f'{name}: wanted one value, got two; send it once.')
        try:
            values[name] = OPTIONS[name].parse(text.strip())
        except ValueError as error:
            raise RequestError(422, f'{name}: {error}') from None
    return SpotOptions(**values)


def parse_switch(name: str, text: str | None) -> bool:
    """Parse a field with the values on and off, which is off by default.

    Raises:
        RequestError: 422 if it has another value.
    """
    try:
        return _switch((text or 'off').strip())
    except ValueError as error:
        raise RequestError(422, f'{name}: {error}') from None


def _unknown(name: str) -> str:
    if name in _FILES:
        return f'{name} is not a file: send it as curl -F {name}=@photo.jpg does.'
    known = [*OPTIONS, *SETTINGS, 'url']
    near = difflib.get_close_matches(name, known, 1)
    hint = f'did you mean {near[0]}?' if near else f'the options are {", ".join(known)}.'
    return f'there is no option {_short(name)}: {hint}'


def _score(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float('nan')
    if not 0 <= value <= 1:
        raise ValueError(f'wanted a number from 0 to 1, got {_short(text)}.')
    return value


def _switch(text: str) -> bool:
    if text not in ('on', 'off'):
        raise ValueError(f'wanted on or off, got {_short(text)}.')
    return text == 'on'


def _words(text: str) -> str | WordWeights:
    if text in ('english', 'none'):
        return text
    if len(text) > MAX_WORD_LIST_CHARACTERS:
        raise ValueError(
            f'wanted at most {MAX_WORD_LIST_CHARACTERS:,} characters, got {len(text):,}; send the '
            'words that matter most.'
        )
    return tuple(parse_word_list(text.replace(',', '\n'), 'list').items())


def _charset(text: str) -> str:
    if len(text) > 2 and text.startswith('/') and text.endswith('/'):
        # A regular expression of a client could take any time.
        raise ValueError(
            'wanted a name or characters, got a regular expression; list the characters.'
        )
    check_charset(text)
    return text


def _orientation(text: str) -> str | int:
    value = int(text) if text.isdecimal() else text
    if value not in ORIENTATIONS:
        raise ValueError(f'wanted one of {", ".join(map(str, ORIENTATIONS))}, got {_short(text)}.')
    return value


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f'{text[:40]}...')


OPTIONS = {
    'min_score': Option(
        _score,
        {'type': 'number', 'minimum': 0, 'maximum': 1},
        'Least score of a word. By default the setting of the server.',
    ),
    'words': Option(
        _words,
        {'type': 'string', 'example': 'english'},
        "'english', 'none', or your own words, separated by commas or line ends, which are "
        "preferred where letters are uncertain. 'street 8' gives a word the weight 8. In a form it "
        'may be a text file. By default the setting of the server.',
    ),
    'context': Option(
        _switch,
        {'type': 'string', 'enum': ['on', 'off']},
        'Scene context. Only a server whose recognizer has scene context accepts on.',
    ),
    'charset': Option(
        _charset,
        {'type': 'string', 'example': 'digits'},
        "'digits', 'letters', 'alphanumeric', or the characters that are read, such as "
        "'0123456789.,'.",
    ),
    'orientation': Option(
        _orientation,
        {'type': 'string', 'enum': [str(each) for each in ORIENTATIONS]},
        'Degrees by which images are rotated clockwise before they are read. auto reads them as '
        'they are, and rotated if their words show that they are not upright.',
    ),
}
"""Parser and description of each field of :class:`SpotOptions`."""
