"""The models that ``--model`` names: what they are, and how to make those without weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path('work_dirs/models')
"""Where the recipes write weights, and ``--model`` expects them."""


@dataclass(frozen=True)
class Model:
    """One model.

    Args:
        about: One line about it.
        config: Name of its config; None for the embedded default.
        recipe: Commands that make its weights, empty if they are included.
        download: What must be downloaded first, empty if nothing.
        long_side: Value of ``--long-side``; None for that of the config.
    """

    about: str
    config: str | None
    recipe: tuple[str, ...] = ()
    download: str = ''
    long_side: int | None = None

    def weights(self, name: str) -> Path | None:
        """File of the weights, or None if they are included."""
        return FOLDER / f'{name}.safetensors' if self.recipe else None


MODELS = {
    'fast': Model(
        'the embedded default with images of 800 px; small words are lost', None, long_side=800
    ),
    'default': Model('the embedded default: Latin script', None),
    'multilingual': Model(
        'Latin, Chinese and Japanese: PP-OCRv6 small as it is published',
        'spotting/multilingual',
        (
            "pip install -e '.[convert]'",
            'clipter convert-ppocr _base_/ppocrv6-small_multilingual '
            '--out work_dirs/ppocrv6-small_multilingual.pth',
            'clipter pack-spotter spotting/multilingual '
            '--recognizer work_dirs/ppocrv6-small_multilingual.pth '
            '--out work_dirs/models/multilingual.safetensors',
        ),
        'nothing: the wheel rapidocr contains the weights',
    ),
    'medium': Model(
        "PP-OCRv6's medium recognizer as it is published, Latin script; slower",
        'spotting/medium',
        (
            'clipter convert-ppocr _base_/ppocrv6-medium --weights model.safetensors '
            '--out work_dirs/ppocrv6-medium.pth',
            'clipter pack-spotter spotting/medium --recognizer work_dirs/ppocrv6-medium.pth '
            '--out work_dirs/models/medium.safetensors',
        ),
        'model.safetensors of PaddlePaddle/PP-OCRv6_medium_rec_safetensors from the Hugging Face '
        'Hub',
    ),
}
