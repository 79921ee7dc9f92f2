"""Ground truth in an MMOCR JSON file, such as the one of ``clipter prepare-dataset``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pipeline.evaluation.submission import SubmissionError
from pipeline.evaluation.words import Words
from pipeline.io.naming import safe_name

GT_JSON = 'textspotting.json'


def find_gt_json(path: str | Path) -> Path | None:
    """The MMOCR JSON file of a path, or None.

    Args:
        path: The file, or a folder with ``textspotting.json`` and without ``gt_*.txt`` files.
    """
    path = Path(path)
    if path.is_dir():
        file = path / GT_JSON
        return file if file.is_file() and not any(path.glob('gt_*.txt')) else None
    return path if path.suffix.lower() == '.json' and path.is_file() else None


def read_gt_json(file: Path) -> dict[str, Words]:
    """Read the words of an MMOCR JSON file.

    Returns:
        Name of the image's result files in ``clipter infer`` -> words.

    Raises:
        SubmissionError: If the file has another content, or two images have one name.
    """
    images: dict[str, Words] = {}
    try:
        for entry in json.loads(file.read_text(encoding='utf-8'))['data_list']:
            name = safe_name(Path(entry['img_path']).stem)
            if name in images:
                raise SubmissionError(
                    f'{file}: wanted images with different names, got two of {name!r}; rename one.'
                )
            words = entry.get('instances', [])
            images[name] = Words(
                polygons=[np.array(word['polygon'], float).reshape(-1, 2) for word in words],
                texts=[word['text'] for word in words],
                ignored=[bool(word.get('ignore')) for word in words],
                lines=[f'{file}, word {i} of {entry["img_path"]}' for i in range(len(words))],
            )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, SubmissionError):
            raise
        raise SubmissionError(
            f'{file}: wanted an MMOCR JSON with the polygon and text of each word, as clipter '
            f'prepare-dataset writes it, got another content ({error!r}).'
        ) from error
    return images
