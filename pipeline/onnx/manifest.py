"""The manifest of an exported spotter: everything beside its networks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FILE_NAME = 'spotter.json'
CHARACTERS_NAME = 'characters.txt'
FORMAT = 1

_PARTS = {
    'detector': ('file', 'pyramid'),
    'recognizer': ('file',),
    'rectifier': ('size', 'mode', 'margin', 'vertical'),
}
# Settings of the readers of this package, which need no torch. The other parts have the config of
# a postprocessor of MMOCR.
_OWN = {
    'detector': ('words',),
    'recognizer': ('characters', 'blank', 'word_break', 'unwritten', 'pad_right'),
}


def read_manifest(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read and check the manifest of a folder that ``clipter export`` has written.

    Raises:
        FileNotFoundError: If the folder has no manifest.
        ValueError: If it is not a manifest of this format.
    """
    path = Path(folder) / FILE_NAME
    if not path.is_file():
        raise FileNotFoundError(f'no {FILE_NAME} in {folder}: export a spotter first.')
    try:
        manifest = json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:
        raise ValueError(f'{path} is not JSON: {error}') from error
    if not isinstance(manifest, dict) or manifest.get('format') != FORMAT:
        raise ValueError(f'{path} is not an exported spotter of format {FORMAT}.')
    for part, keys in _PARTS.items():
        node = manifest.get(part, {})
        if 'postprocessor' not in node:
            keys += _OWN.get(part, ())
        missing = [key for key in keys if key not in node]
        if missing:
            raise ValueError(f'{path} lacks {part}.{missing[0]}.')
    return manifest
