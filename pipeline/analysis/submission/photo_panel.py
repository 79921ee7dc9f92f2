"""One image of the report: the image with its words, and a table of the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.analysis.submission import markup
from pipeline.analysis.submission.photo_files import PhotoPicture
from pipeline.evaluation.scores import Score
from pipeline.evaluation.word_outcomes import (
    WordKind,
    WordOutcome,
    count_errors,
    count_kinds,
)

KIND_NAMES: dict[WordKind, str] = {
    'missed': 'missed',
    'misread': 'misread',
    'spurious': 'spurious',
    'matched': 'matched',
    'dont_care': "don't care",
}
"""Names of the kinds, in the order of the tables below the images."""
_LABEL_SHARE = 1 / 70  # Share of the longer side, which is readable at the width of the page.


@dataclass(frozen=True)
class ScoredPhoto:
    """A scored image.

    Attributes:
        name: Name of the image in the evaluation.
        score: Counts and scores.
        outcomes: Outcomes of the words.
        confidences: Confidences of the predictions in the order of the submission, or empty.
    """

    name: str
    score: Score
    outcomes: Sequence[WordOutcome]
    confidences: Sequence[float] = ()

    @property
    def errors(self) -> int:
        """Number of missed, misread and spurious words."""
        return count_errors(self.outcomes)

    def in_table_order(self) -> list[WordOutcome]:
        """Words sorted by kind, errors first. Words of a kind keep their order."""
        kinds = list(KIND_NAMES)
        return sorted(self.outcomes, key=lambda outcome: kinds.index(outcome.kind))


def render_photo(
    photo: ScoredPhoto, picture: PhotoPicture | None, place: int, note: str = ''
) -> str:
    """Render an image with its words.

    Args:
        photo: Scored image.
        picture: Image to show below the words, or None for a plain background.
        place: Rank of the image by name. It also makes the HTML ids unique.
        note: Plain text below the heading.
    """
    counts = count_kinds(photo.outcomes)
    told = ', '.join(f'{KIND_NAMES[kind]} {counts[kind]}' for kind in KIND_NAMES)
    score = photo.score
    numbers = ', '.join(
        f'{label} {markup.number(value)}'
        for label, value in (
            ('precision', score.precision), ('recall', score.recall), ('hmean', score.hmean),
        )
    )  # fmt: skip
    words = list(enumerate(photo.in_table_order(), start=1))
    note_line = f'<p class="note">{markup.text(note)}</p>' if note else ''
    heading = f'photo-{place}'
    return (
        f'<article class="photo-panel" aria-labelledby="{heading}" data-place="{place}" '
        f'data-errors="{photo.errors}" data-hmean="{score.hmean!r}" '
        f'data-name="{markup.text(photo.name)}">\n'
        f'<h3 id="{heading}">{markup.text(photo.name)}</h3>\n'
        f'<p><strong>{markup.plural(photo.errors, "error")}</strong>: {told}; {numbers}</p>'
        f'{note_line}\n{_draw_picture(words, picture, photo.name)}\n'
        f'{_word_table(words, photo)}\n</article>'
    )


def _draw_picture(
    words: list[tuple[int, WordOutcome]], picture: PhotoPicture | None, name: str
) -> str:
    x, y, width, height = _frame([word for _, word in words], picture)
    label_px = max(width, height) * _LABEL_SHARE
    # Errors are drawn last, on top of the correct words.
    drawn = '\n'.join(_draw_word(number, word, label_px) for number, word in reversed(words))
    image = (
        f'<img src="{picture.data_uri}" alt="photo {markup.text(name)}" decoding="async">'
        if picture
        else ''
    )
    return (
        f'<div class="picture{"" if picture else " plain"}" '
        f'style="--width-by-height: {width / height:.5f}">{image}'
        f'<svg viewBox="{x:g} {y:g} {width:g} {height:g}" preserveAspectRatio="none" '
        f'font-size="{label_px:.1f}" role="img" aria-label="words of image {markup.text(name)}, '
        f'listed in the table below">\n{drawn}\n</svg></div>'
    )


def _draw_word(number: int, word: WordOutcome, label_px: float) -> str:
    ring = _points(word.polygon)
    # A dark outline below a colored one is visible on any image.
    parts = [f'<polygon class="under" points="{ring}"/><polygon class="over" points="{ring}"/>']
    if word.gt_polygon is not None and word.det_polygon is not None:
        parts.append(f'<polygon class="partner" points="{_points(word.det_polygon)}"/>')
    if word.kind not in ('matched', 'dont_care'):
        left, top = word.polygon.min(axis=0)
        parts.append(f'<text x="{left:g}" y="{top - label_px * 0.25:g}">{number}</text>')
    return (
        f'<g class="word {word.kind}" data-kind="{word.kind}" data-word="{number}">'
        f'<title>{_hover_text(number, word)}</title>{"".join(parts)}</g>'
    )


def _hover_text(number: int, word: WordOutcome) -> str:
    lines = [f'{number}. {KIND_NAMES[word.kind]}']
    if word.gt_text is not None:
        lines.append(f'ground truth: {word.gt_text or "(empty)"}')
        if word.compared_text != word.gt_text:
            lines.append(f'compared as: {word.compared_text}')
    if word.det_text is not None:
        lines.append(f'predicted: {word.det_text or "(empty)"}')
    return markup.text('\n'.join(lines))


def _word_table(words: list[tuple[int, WordOutcome]], photo: ScoredPhoto) -> str:
    if not words:
        return '<p>No ground-truth and no predicted words.</p>'
    with_confidence = len(photo.confidences) > 0
    rows = '\n'.join(
        f'<tr class="{word.kind}" data-kind="{word.kind}" data-word="{number}"><td>{number}</td>'
        f'<td class="kind">{KIND_NAMES[word.kind]}</td>'
        f'<td>{_gt_cell(word)}</td><td>{markup.transcript(word.det_text, "none")}</td>'
        + (f'<td>{_confidence_cell(word, photo)}</td>' if with_confidence else '')
        + '</tr>'
        for number, word in words
    )
    last = '<th scope="col">confidence</th>' if with_confidence else ''
    return (
        f'<div class="scroll words" tabindex="0" role="region" aria-label="words of image '
        f'{markup.text(photo.name)}"><table><thead><tr><th scope="col">no.</th>'
        '<th scope="col">kind</th><th scope="col">ground truth</th><th scope="col">predicted</th>'
        f'{last}</tr></thead>\n<tbody>{rows}</tbody></table></div>'
    )


def _gt_cell(word: WordOutcome) -> str:
    cell = markup.transcript(word.gt_text, 'none')
    if word.compared_text != word.gt_text:
        cell += f' <span class="absent">compared as</span> {markup.transcript(word.compared_text)}'
    return cell


def _confidence_cell(word: WordOutcome, photo: ScoredPhoto) -> str:
    if word.det_index is None:
        return ''
    return markup.number(float(photo.confidences[word.det_index]))


def _frame(
    words: list[WordOutcome], picture: PhotoPicture | None
) -> tuple[float, float, float, float]:
    """x, y, width and height of the image, or of its polygons with a margin."""
    if picture:
        height, width = picture.size
        return 0, 0, width, height
    rings = [p for w in words for p in (w.gt_polygon, w.det_polygon) if p is not None]
    if not rings:
        return 0, 0, 16, 2
    points = np.concatenate(rings)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = max(float((high - low).max()) * 0.05, 1.0)
    x, y = low - margin
    width, height = high - low + 2 * margin
    return float(x), float(y), float(width), float(height)


def _points(polygon: np.ndarray) -> str:
    return ' '.join(f'{x:.8g},{y:.8g}' for x, y in np.round(polygon, 2))
