"""Finds usable fonts for drawing scenes.

A font is usable if it draws all 94 printable ASCII characters with glyphs of its own. Symbol fonts,
fonts of other scripts and fonts that map a letter to the "missing glyph" box would draw words that
do not match their text. Each font is checked by rendering.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageFont

PRINTABLE = ''.join(chr(code) for code in range(33, 127))
SUFFIXES = ('.ttf', '.otf', '.ttc', '.otc')
PROBE_PX = 32
# Fonts whose glyphs are not the letters of their codes. Computer Modern's cm*10 files have accents
# and dashes at the codes of ASCII punctuation.
REFUSED_NAMES = re.compile(
    r'symbol|math|emoji|dingbat|icon|music|braille|barcode|lastresort|fallback|chess|'
    r'last resort|keycap|circled|redacted|lignes|d050000l|humor.?icons|bravura|esint|'
    r'keyboard|^cm(r|b|ss|ti|tt|sy|ex|mi)\d|'
    r'sizeone|sizetwo|sizethr|sizefou|sizefiv|nonuni',
    re.IGNORECASE,
)
# Style words that some fonts have in the family name.
STYLE_WORDS = re.compile(
    r'\s+(thin|hairline|extra ?light|ultra ?light|light|book|regular|medium|semi ?bold|demi|'
    r'demi ?bold|bold|extra ?bold|ultra ?bold|black|heavy|italic|oblique|display|text|caption|'
    r'semi ?condensed|extra ?condensed|condensed|cond|narrow|std|\d\d)$',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FontFace:
    """One face of a font file that can draw printable ASCII.

    Attributes:
        path: Path of the font file.
        index: Index of the face in a collection.
        family: Family name without words of weight or width.
        style: Name of the style, such as 'Bold Italic'.
        cap_ratio: Height of a capital H as a share of the font size.
        unicase: Whether lower-case letters look like capitals, so that only upper case can be read.
    """

    path: str
    index: int
    family: str
    style: str
    cap_ratio: float
    unicase: bool

    def open(self, size_px: int) -> ImageFont.FreeTypeFont:
        """Open the face at a font size in pixels.

        The basic layout engine is always available and does not depend on installed text shaping
        libraries.
        """
        return ImageFont.truetype(
            self.path, size_px, index=self.index, layout_engine=ImageFont.Layout.BASIC
        )

    def writable(self, text: str) -> str:
        """Replace characters that the face lacks: accents are removed, other characters dropped.

        An empty result becomes a hyphen.
        """
        if text.isascii():
            return text
        return ''.join(self._nearest(character) for character in text) or '-'

    def _nearest(self, character: str) -> str:
        if character.isascii() or _has_glyph(self, character):
            return character
        if character in 'ßẞ':
            return 'ss' if character == 'ß' else 'SS'
        plain = unicodedata.normalize('NFKD', character)
        return ''.join(part for part in plain if part in PRINTABLE)


@lru_cache(maxsize=100_000)
def _has_glyph(face: FontFace, character: str) -> bool:
    """Whether a face has its own glyph for a non-ASCII character.

    Faces that draw an accented letter without its accent do not.
    """
    font = face.open(PROBE_PX)
    glyph, missing = _ink(font, character), _ink(font, '\U0010fffd')
    if glyph is None or (missing is not None and np.array_equal(glyph, missing)):
        return False
    plain = unicodedata.normalize('NFKD', character)[0]
    base = _ink(font, plain)
    return plain == character or base is None or not np.array_equal(glyph, base)


def system_font_folders() -> list[Path]:
    """Font folders of the operating system; they may not exist."""
    home = Path.home()
    if sys.platform == 'win32':
        return [Path(os.environ.get('WINDIR', 'C:/Windows')) / 'Fonts']
    if sys.platform == 'darwin':
        return [Path('/System/Library/Fonts'), Path('/Library/Fonts'), home / 'Library/Fonts']
    return [
        Path('/usr/share/fonts'),
        Path('/usr/local/share/fonts'),
        home / '.local/share/fonts',
        home / '.fonts',
    ]


def matplotlib_font_folder() -> Path:
    """Folder of the fonts that matplotlib ships, which is available in every installation."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / 'fonts' / 'ttf'


def find_fonts(folders: Iterable[str | os.PathLike[str]] | None = None) -> list[FontFace]:
    """List the usable fonts below folders, ordered by family, style and file name.

    Args:
        folders: Folders that are searched recursively, or font files. None for the system's folders
            and matplotlib's fonts.

    Returns:
        One face per (family, style). The result does not depend on the folders in which fonts are
        found, so two machines with the same fonts draw the same scenes.

    Raises:
        ValueError: If a folder is missing or no usable font is found.
    """
    if folders is None:
        roots = [*system_font_folders(), matplotlib_font_folder()]
    else:
        roots = [Path(folder) for folder in folders]
        missing = [str(root) for root in roots if not root.exists()]
        if missing:
            raise ValueError(f'font folders {missing} do not exist; check --fonts.')
    paths = sorted(
        {
            path
            for root in roots
            for path in ([root] if root.is_file() else root.rglob('*'))
            if path.suffix.lower() in SUFFIXES
        },
        key=lambda path: (path.name, str(path)),
    )
    faces: dict[tuple[str, str], FontFace] = {}
    for path in paths:
        for face in _usable_faces(path):
            faces.setdefault((face.family, face.style), face)
    if not faces:
        raise ValueError(
            f'no usable font below {[str(root) for root in roots]}: expected .ttf or .otf files '
            'with all 94 printable ASCII characters; set a folder of fonts with --fonts.'
        )
    return [faces[key] for key in sorted(faces)]


def group_families(faces: Sequence[FontFace]) -> list[list[FontFace]]:
    """Group faces by family, so that families with many styles are not drawn more often."""
    families: dict[str, list[FontFace]] = {}
    for face in faces:
        families.setdefault(face.family, []).append(face)
    return [families[name] for name in sorted(families)]


def _usable_faces(path: Path) -> list[FontFace]:
    faces: list[FontFace] = []
    for index in range(64 if path.suffix.lower() in ('.ttc', '.otc') else 1):
        try:
            font = ImageFont.truetype(
                str(path), PROBE_PX, index=index, layout_engine=ImageFont.Layout.BASIC
            )
            family, style = (name or '' for name in font.getname())
            if REFUSED_NAMES.search(family) or REFUSED_NAMES.search(path.name):
                continue
            glyphs = _draw_glyphs(font)
        except (OSError, ValueError):  # not a font, or the end of the collection
            break
        if glyphs is None:
            continue
        faces.append(
            FontFace(
                str(path),
                index,
                _base_family(family or path.stem),
                style or 'Regular',
                glyphs['H'].shape[0] / PROBE_PX,
                _is_unicase(glyphs),
            )
        )
    return faces


def _base_family(name: str) -> str:
    if name.startswith('Noto '):  # one design for a hundred scripts
        return ' '.join(name.split()[:2])
    previous = ''
    while previous != name:
        previous, name = name, STYLE_WORDS.sub('', name)
    return name


def _draw_glyphs(font: ImageFont.FreeTypeFont) -> dict[str, np.ndarray] | None:
    """Glyph image of every printable character; None if one is missing or two letters are equal."""
    missing = _ink(font, '\U0010fffd')  # a private-use code without a glyph
    glyphs: dict[str, np.ndarray] = {}
    for character in PRINTABLE:
        glyph = _ink(font, character)
        if glyph is None or (missing is not None and np.array_equal(glyph, missing)):
            return None
        glyphs[character] = glyph
    for alphabet in ('ABCDEFGHJKLMNOPQRSTUVWXYZ', 'abcdefghjkmnopqrstuvwxyz', '23456789'):
        if len({(glyphs[c].shape, glyphs[c].tobytes()) for c in alphabet}) < len(alphabet):
            return None
    if not 0.3 <= glyphs['H'].shape[0] / PROBE_PX <= 1.2:
        return None
    return glyphs


def _ink(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray | None:
    mask = font.getmask(character, mode='L')
    width, height = mask.size
    if width == 0 or height == 0:
        return None
    image = np.array(list(mask), np.uint8).reshape(height, width)
    x, y, w, h = cv2.boundingRect(image)
    return image[y : y + h, x : x + w].copy() if w and h else None


def _is_unicase(glyphs: dict[str, np.ndarray]) -> bool:
    """Whether most lower-case letters look like their capitals, possibly scaled."""
    same = 0
    for small in 'abdeghnqrt':
        pair = [
            cv2.resize(glyphs[c], (16, 16), interpolation=cv2.INTER_AREA).ravel().astype(np.float32)
            for c in (small, small.upper())
        ]
        same += bool(np.corrcoef(pair[0], pair[1])[0, 1] > 0.9)
    return same >= 6
