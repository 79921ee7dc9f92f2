"""Photos without text: grounds to draw scenes on, and to teach a detector what is no word."""

from __future__ import annotations

from pathlib import Path

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import MissingFiles, list_photos, photo_sample
from pipeline.datasets.converters.split import DatasetSplit


def read_textless(root: Path) -> list[DatasetSplit]:
    """Read the photos of ``root/images`` as photos without a word.

    Raises:
        MissingFiles: If there are none.
    """
    folder = root / 'images'
    photos = list_photos(folder) if folder.is_dir() else []
    if not photos:
        raise MissingFiles([f'photos in {folder}'])
    return [DatasetSplit('', [photo_sample(root, photo, []) for photo in photos], has_text=False)]


TEXTLESS = DatasetEntry(
    name='textless',
    title='A folder of photos without text',
    task='textspotting',
    read_splits=read_textless,
    layout="""
images/          photos in which nothing is written
""",
    url="wherever the photos come from: the layout is this program's own",
    licence='that of the photos',
    size='any',
    language='none',
    published={},
    wanted={},
)
