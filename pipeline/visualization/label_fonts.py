"""Fonts for labels in any script: DejaVu Sans first, then the system's fonts."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from pipeline.visualization.font_coverage import covered_letters

# Prefixes of file names of font families with many scripts, best first.
_FALLBACKS = (
    'NotoSansCJK-Regular', 'NotoSans', 'NotoSerifCJK-Regular', 'SourceHanSans', 'DroidSansFallback',
    'PingFang', 'Arial Unicode', 'msyh', 'meiryo', 'malgun', 'Nirmala', 'seguisym', 'seguiemj',
    'wqy', 'ukai', 'uming', 'Nanum', 'ipa', 'takao', 'Lohit', 'FreeSans', 'FreeSerif', 'unifont',
)  # fmt: skip
_SUFFIXES = ('.ttf', '.otf', '.ttc')


class LabelFonts:
    """Select a font for each letter of a text.

    Args:
        font_path: Path of a font with priority over all others.

    Raises:
        ValueError: If ``font_path`` is not a TrueType or OpenType font.
    """

    def __init__(self, font_path: str | os.PathLike[str] | None = None) -> None:
        self._paths = [dejavu_sans()]
        if font_path is not None:
            path = os.fspath(font_path)
            if not covered_letters(path):
                raise ValueError(f'font_path must be a TrueType or OpenType font, got {path!r}.')
            self._paths.insert(0, path)

    def runs(self, text: str, size: int) -> list[tuple[str, ImageFont.FreeTypeFont]]:
        """Split a text into pieces with one font each, at ``size`` pixels."""
        pieces: list[tuple[str, str]] = []
        for letter in text:
            path = self._path_for(letter, pieces[-1][1] if pieces else None)
            if pieces and pieces[-1][1] == path:
                pieces[-1] = (pieces[-1][0] + letter, path)
            else:
                pieces.append((letter, path))
        return [(piece, _load(path, size)) for piece, path in pieces]

    def _path_for(self, letter: str, current: str | None) -> str:
        # Keeping the current font keeps accents with their letters and words in one font.
        if current is not None and (letter.isspace() or ord(letter) in covered_letters(current)):
            return current
        for path in self._paths:
            if ord(letter) in covered_letters(path):
                return path
        return _system_font_with(letter) or current or self._paths[0]


@lru_cache(maxsize=1)
def dejavu_sans() -> str:
    """Path of matplotlib's copy of DejaVu Sans, without importing matplotlib."""
    spec = importlib.util.find_spec('matplotlib')
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / 'mpl-data' / 'fonts' / 'ttf' / 'DejaVuSans.ttf'
        if path.is_file():
            return str(path)
    raise RuntimeError(
        'DejaVuSans.ttf is missing in matplotlib. Reinstall matplotlib: '
        'pip install --force-reinstall matplotlib'
    )


@lru_cache(maxsize=1024)
def _system_font_with(letter: str) -> str | None:
    return next((path for path in _system_fonts() if ord(letter) in covered_letters(path)), None)


@lru_cache(maxsize=1)
def _system_fonts() -> list[str]:
    """Paths of the system's fonts: the preferred families, best first, then all others."""
    ranked = []
    for folder in _font_folders():
        for parent, _, files in os.walk(folder):
            for name in files:
                rank = _rank(name)
                if rank is not None:
                    ranked.append((*rank, os.path.join(parent, name)))
    return [path for *_, path in sorted(ranked)]


def _rank(name: str) -> tuple[int, bool, str] | None:
    stem, suffix = os.path.splitext(name.lower())
    if suffix not in _SUFFIXES or 'color' in stem:  # Emoji bitmaps have a fixed size.
        return None
    for place, family in enumerate(_FALLBACKS):
        if stem.startswith(family.lower()):
            is_styled = any(style in stem for style in ('bold', 'italic', 'thin', 'black', 'light'))
            return place, is_styled, stem
    return len(_FALLBACKS), False, stem


def _font_folders() -> list[Path]:
    home = Path.home()
    if sys.platform == 'win32':
        return [Path(os.environ.get('WINDIR', 'C:/Windows')) / 'Fonts']
    if sys.platform == 'darwin':
        return [Path('/System/Library/Fonts'), Path('/Library/Fonts'), home / 'Library/Fonts']
    return [Path('/usr/share/fonts'), Path('/usr/local/share/fonts'), home / '.local/share/fonts']


@lru_cache(maxsize=64)
def _load(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)
