"""Parts that the XML formats share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

# Characters that XML 1.0 does not allow.
_FORBIDDEN = re.compile('[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


@dataclass(frozen=True)
class Box:
    """An axis-aligned box in whole pixels: x1, y1 inside, x2, y2 outside."""

    x1: int
    y1: int
    x2: int
    y2: int

    @classmethod
    def around(cls, polygon: np.ndarray) -> Box:
        """The box around a polygon (K, 2)."""
        low, high = np.floor(polygon.min(0) + 1e-3), np.ceil(polygon.max(0) - 1e-3)
        (x1, y1), (x2, y2) = low.astype(int).tolist(), high.astype(int).tolist()
        return cls(x1, y1, max(x2, x1), max(y2, y1))


def add(parent: ElementTree.Element, tag: str, **attributes: object) -> ElementTree.Element:
    """Append an element. Attributes are converted to text; ``class_`` is ``class``."""
    values = {name.rstrip('_'): clean(str(value)) for name, value in attributes.items()}
    return ElementTree.SubElement(parent, tag, values)


def add_text(
    parent: ElementTree.Element, tag: str, text: str, **attributes: object
) -> ElementTree.Element:
    """Append an element with text."""
    element = add(parent, tag, **attributes)
    element.text = clean(text)
    return element


def clean(text: str) -> str:
    """Replace characters that XML does not allow by U+FFFD."""
    return _FORBIDDEN.sub('\N{REPLACEMENT CHARACTER}', text)


def to_xml(root: ElementTree.Element, doctype: str = '') -> str:
    """The document as indented text with an XML declaration."""
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding='unicode')
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}{body}\n'


def whole_points(polygon: np.ndarray) -> list[tuple[int, int]]:
    """The points of a polygon, rounded to whole pixels."""
    return [(int(x), int(y)) for x, y in np.rint(polygon)]
