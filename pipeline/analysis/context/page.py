"""HTML page of the words whose text changes with context."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import cv2
import numpy as np

from pipeline.analysis.agreement import is_right
from pipeline.analysis.context.diagnose import MAIN_RULE, Diagnosis
from pipeline.analysis.context.table import conclude_diagnosis, diagnosis_sections
from pipeline.analysis.report_sections import as_html, html_page

_PHOTO_PX = 360
_TITLES = {
    'better': 'For the better: correct only with context',
    'worse': 'For the worse: correct only without context',
    'neither': 'Changed, but right or wrong both times',
}


def format_page(diagnosis: Diagnosis, title: str, most_words: int = 200) -> str:
    """Format the page: conclusion, tables, and the changed words with crop, image and readings.

    The page embeds its images and needs no other file. All texts are escaped.

    Args:
        diagnosis: Result of :func:`diagnose`.
        title: Title of the page.
        most_words: Largest number of words in each of the three lists.
    """
    body = [as_html(diagnosis_sections(diagnosis.summary))]
    for kind, rows in sort_changes(diagnosis).items():
        body.append(f'<h2>{_TITLES[kind]}: {len(rows)} words</h2>')
        if len(rows) > most_words:
            body.append(f'<p>The first {most_words} are shown.</p>')
        if rows:
            body.append(_table(diagnosis, rows[:most_words]))
    return html_page(title, conclude_diagnosis(diagnosis.summary), '\n'.join(body))


def sort_changes(diagnosis: Diagnosis) -> dict[str, list[int]]:
    """Indices of the changed words by kind: ``better``, ``worse`` and ``neither``."""
    lists: dict[str, list[int]] = {kind: [] for kind in _TITLES}
    off, on = diagnosis.readings['off'], diagnosis.readings['on']
    for i, gt_text in enumerate(diagnosis.words.texts):
        if off[i] != on[i]:
            before, after = (is_right(text, gt_text, MAIN_RULE) for text in (off[i], on[i]))
            kind = 'neither' if before == after else 'better' if after else 'worse'
            lists[kind].append(i)
    return lists


def _table(diagnosis: Diagnosis, rows: Sequence[int]) -> str:
    words = diagnosis.words
    polygons = [word.polygon for photo in diagnosis.photos for word in photo.readable]
    lines = [
        '<table><tr><th>crop</th><th>image</th><th>off</th><th>on</th>'
        "<th>another image's tokens</th><th>written</th></tr>"
    ]
    for i in rows:
        photo = diagnosis.photos[int(words.image_index[i])]
        crop = _embed(words.crops[i], '.png', 'crop', words.texts[i])
        picture = _embed(_outline(photo.load(), polygons[i]), '.jpg', 'photo', photo.path.name)
        readings = ''.join(
            _reading(diagnosis.readings[name][i], words.texts[i])
            for name in ('off', 'on', 'swapped')
        )
        lines.append(
            f'<tr><td>{crop}</td><td>{picture}<br>{escape(photo.path.name)}</td>{readings}'
            f'<td class="text">{escape(words.texts[i])}</td></tr>'
        )
    return '\n'.join([*lines, '</table>'])


def _reading(text: str, gt_text: str) -> str:
    kind = 'right' if is_right(text, gt_text, MAIN_RULE) else 'wrong'
    return f'<td class="text {kind}">{escape(text) or "<i>nothing</i>"}</td>'


def _outline(image: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """A small copy of the image with one word outlined."""
    height, width = image.shape[:2]
    scale = min(1.0, _PHOTO_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    ring = np.round(polygon * scale).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(small, [ring], True, (255, 255, 255), 3, cv2.LINE_AA)
    cv2.polylines(small, [ring], True, (40, 40, 230), 1, cv2.LINE_AA)
    return small


def _embed(image: np.ndarray, suffix: str, name: str, alt: str) -> str:
    _, code = cv2.imencode(suffix, image, [cv2.IMWRITE_JPEG_QUALITY, 75])
    kind = {'.png': 'png', '.jpg': 'jpeg'}[suffix]
    data = base64.b64encode(code.tobytes()).decode('ascii')
    return f'<img class="{name}" alt="{escape(alt)}" src="data:image/{kind};base64,{data}">'
