"""Images without text: backgrounds of synthetic scenes and negative examples for a detector."""

from __future__ import annotations

from pathlib import Path

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import MissingFiles, list_photos, photo_sample
from pipeline.datasets.converters.split import DatasetSplit


def read_textless(root: Path) -> list[DatasetSplit]:
    """Read the images of ``root/images`` as samples without words.

    Raises:
        MissingFiles: If the folder contains no images.
    """
    folder = root / 'images'
    photos = list_photos(folder) if folder.is_dir() else []
    if not photos:
        raise MissingFiles([f'images in {folder}'])
    return [DatasetSplit('', [photo_sample(root, photo, []) for photo in photos], has_text=False)]


TEXTLESS = DatasetEntry(
    name='textless',
    title='A folder of images without text',
    task='textspotting',
    read_splits=read_textless,
    layout="""
images/          images without text
""",
    url="your own images; the layout is this project's own",
    licence='that of the images',
    size='any',
    language='none',
    published={},
    wanted={},
)
