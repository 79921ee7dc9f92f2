"""Images for ``clipter infer``, and its results."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
from toy_spotter import draw_photo


def save(path: Path, *letters: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [(letter, (10, 10 + 40 * i, 90, 34 + 40 * i)) for i, letter in enumerate(letters)]
    cv2.imwrite(str(path), draw_photo(*words))
    return path


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding='utf-8'))


def texts(path: Path) -> list[str]:
    return [word['text'] for word in read_json(path)['words']]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def errors(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith('error: ')]
