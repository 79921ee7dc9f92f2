"""Composes inscriptions: text, fonts and lines, flat or bent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.datasets.synthetic.fonts import FontFace
from pipeline.datasets.synthetic.placement import Bend
from pipeline.datasets.synthetic.typeset import Line, Sheet, set_column, set_lines
from pipeline.datasets.synthetic.words import CASES, WordSource

CASE_ODDS = (0.48, 0.24, 0.10, 0.18)


@dataclass(frozen=True)
class Inscription:
    """A typeset sheet and how to draw it.

    Attributes:
        sheet: Ink and words.
        bend: Bent baseline, or None.
        plate: Whether a plate is drawn under the ink.
        pad_px: Empty border around the ink.
        cap_px: Height of capitals on the sheet.
    """

    sheet: Sheet
    bend: Bend | None
    plate: bool
    pad_px: int
    cap_px: float


def compose_inscription(
    rng: np.random.Generator,
    families: Sequence[Sequence[FontFace]],
    source: WordSource,
    cap_px: float,
    max_words: int,
) -> Inscription:
    """Compose a random inscription.

    Args:
        rng: Random generator.
        families: Font faces, grouped by family.
        source: Source of phrases.
        cap_px: Height of capitals of the largest line on the sheet, at least 4.
        max_words: Maximum number of words.
    """
    case = CASES[int(rng.choice(4, p=CASE_ODDS))]
    face = _pick_face(rng, families)
    form = rng.random()
    if form < 0.04:
        text = source.draw(rng, case)[0][:10]
        return _compose_column(rng, face, text, cap_px)
    if form < 0.20:
        return _compose_bent(rng, face, source, case, cap_px, max_words)
    small = cap_px < 22
    if small and rng.random() < 0.35:
        rows = int(rng.integers(2, 7))
    else:
        rows = int(rng.choice(4, p=(0.46, 0.28, 0.16, 0.10))) + 1
    second = _pick_face(rng, families) if rng.random() < 0.3 else face
    lettering = _draw_lettering(rng, case)
    lines: list[Line] = []
    room = max_words
    for row in range(rows):
        shrink = 1.0 if row == 0 or small or rng.random() < 0.4 else rng.uniform(0.45, 1.0)
        phrase = source.draw(rng, case)
        while small and len(phrase) < 5 and rng.random() < 0.6:
            phrase += source.draw(rng, case)
        phrase = phrase[:room]
        if not phrase:
            break
        room -= len(phrase)
        lines.append(
            _make_line(
                face if row == 0 else second,
                phrase,
                cap_px * shrink,
                lettering,
                rng.uniform(0.25, 0.5),
            )
        )
    plate = rng.random() < 0.6
    pad = max(3, int(cap_px * rng.uniform(0.25, 1.0)))
    align = (0.0, 0.5, 0.5, 1.0)[int(rng.integers(4))]
    sheet = set_lines(lines, rng.uniform(1.0, 1.5), align, pad)
    return Inscription(sheet, None, plate, pad, cap_px)


def _pick_face(rng: np.random.Generator, families: Sequence[Sequence[FontFace]]) -> FontFace:
    family = families[int(rng.integers(len(families)))]
    return family[int(rng.integers(len(family)))]


@dataclass(frozen=True)
class _Lettering:
    """Letter style, as shares of the font size; ``initial`` is the relative size of initials."""

    tracking: float = 0.0
    initial: float = 1.0
    stroke: float = 0.0
    slant: float = 0.0
    stretch: float = 1.0
    bounce: float = 0.0


def _draw_lettering(rng: np.random.Generator, case: str) -> _Lettering:
    """Mostly the style of the font; sometimes tracked, bold, slanted, stretched, bouncing, or in
    capitals with larger initials.
    """
    form = rng.random()
    tracking = 0.0
    if form < 0.2:
        tracking = rng.uniform(-0.02, 0.25)
    elif form < 0.28:
        tracking = rng.uniform(0.25, 1.0)
    initial = rng.uniform(1.15, 1.6) if case == 'upper' and rng.random() < 0.25 else 1.0
    stroke = rng.uniform(0.015, 0.06) if rng.random() < 0.15 else 0.0
    slant = rng.uniform(-0.1, 0.4) if rng.random() < 0.15 else 0.0
    stretch = float(np.exp(rng.uniform(-0.5, 0.5))) if rng.random() < 0.2 else 1.0
    bounce = rng.uniform(0.03, 0.12) if rng.random() < 0.05 else 0.0
    return _Lettering(tracking, initial, stroke, slant, stretch, bounce)


def _make_line(
    face: FontFace,
    words: Sequence[str],
    cap_px: float,
    lettering: _Lettering,
    space: float,
) -> Line:
    size = max(6, round(cap_px / face.cap_ratio))
    words = [face.writable(word) for word in words]
    if face.unicase:
        words = [word.upper() for word in words]
    initial_size = round(size * lettering.initial)
    return Line(
        words,
        face.open(size),
        lettering.tracking * size,
        (space + lettering.tracking) * size,
        None if initial_size == size else face.open(initial_size),
        round(lettering.stroke * size),
        lettering.slant,
        lettering.stretch,
        lettering.bounce * size,
    )


def _compose_column(
    rng: np.random.Generator, face: FontFace, text: str, cap_px: float
) -> Inscription:
    line = _make_line(face, [text], cap_px, _Lettering(), 0.0)
    pad = max(3, int(cap_px * rng.uniform(0.25, 0.8)))
    sheet = set_column(line.words[0], line.font, cap_px * rng.uniform(0.12, 0.4), pad)
    return Inscription(sheet, None, rng.random() < 0.5, pad, cap_px)


def _compose_bent(
    rng: np.random.Generator,
    face: FontFace,
    source: WordSource,
    case: str,
    cap_px: float,
    max_words: int,
) -> Inscription:
    phrase = source.draw(rng, case)
    while len(phrase) < max_words and sum(map(len, phrase)) < 8:
        phrase += source.draw(rng, case)
    lettering = _Lettering(tracking=rng.uniform(0.0, 0.15))
    line = _make_line(face, phrase[:max_words], cap_px, lettering, rng.uniform(0.3, 0.5))
    pad = max(3, int(cap_px * rng.uniform(0.3, 0.6)))
    sheet = set_lines([line], 1.0, 0.0, pad)
    height, width = sheet.mask.shape
    anchor = (width / 2, sheet.baseline)
    if rng.random() < 0.2 and width > 3 * cap_px:
        period = width * rng.uniform(0.8, 2.0)
        bend = Bend(
            'wave',
            anchor,
            cap_px * rng.uniform(0.15, 0.5) * min(1, period / cap_px / 8),
            period,
            rng.uniform(0, 2 * np.pi),
        )
    else:
        span = rng.uniform(0.4, 3.6)  # angle of the arc
        radius = max(width / span, 2.2 * cap_px)
        bend = Bend(
            'arch' if rng.random() < 0.6 else 'bowl', anchor, max(radius, 1.3 * height, width / 5.2)
        )
    return Inscription(sheet, bend, False, pad, cap_px)
