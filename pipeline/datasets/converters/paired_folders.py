"""Data sets with one ground-truth file per image, in two folders per split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.converters.files import (
    MissingFiles,
    find_folder,
    list_files,
    list_photos,
    pair_files,
    photo_sample,
)
from pipeline.datasets.converters.shifted_texts import report_shifted_texts
from pipeline.datasets.converters.split import DatasetSplit

ReadWords = Callable[[Path], list[dict]]


@dataclass(frozen=True)
class PairedFolders:
    """Folders of a split under the root.

    Attributes:
        split: Name of the split.
        photos: Possible folders of the images, the most common first; or zips of these names.
        truths: Possible folders of the ground truth, likewise.
        truth_suffixes: Suffixes of ground-truth files.
    """

    split: str
    photos: Sequence[str]
    truths: Sequence[str]
    truth_suffixes: Sequence[str] = ('.txt',)


def read_paired_folders(
    root: Path,
    layouts: Sequence[PairedFolders],
    read_words: ReadWords,
    truth_name: str = 'gt_{}',
    photo_key: Callable[[str], str] = str,
    truth_key: Callable[[str], str] | None = None,
) -> list[DatasetSplit]:
    """Read every split that is found.

    A warning is logged if texts contain other fields of their lines; see
    :func:`report_shifted_texts`.

    Args:
        root: Folder of the data set.
        layouts: Possible folders, one entry per split and layout.
        read_words: Function that reads the instances of a ground-truth file.
        truth_name: Stem of an image's ground-truth file, with ``{}`` for the key.
        photo_key: Function from an image's stem to the key that it shares with its ground truth.
        truth_key: The same for ground-truth files; by default the part that replaces ``{}``.

    Raises:
        MissingFiles: If no split is found, or if files of a split are missing.
    """
    key_of_truth = truth_key or (lambda stem: stem.removeprefix(truth_name.split('{}')[0]))
    found: list[tuple[str, list[tuple[Path, Path]]]] = []
    missing: list[str] = []
    for layout in layouts:
        photos, truths = find_folder(root, *layout.photos), find_folder(root, *layout.truths)
        if photos is None and truths is None:
            continue
        if photos is None or truths is None:
            wanted = layout.photos if photos is None else layout.truths
            missing.append(f'{root / wanted[0]} ({layout.split or "one"} split)')
            continue
        suffix = layout.truth_suffixes[0]
        pairs, unpaired = pair_files(
            {photo_key(path.stem): path for path in list_photos(photos)},
            {key_of_truth(path.stem): path for path in list_files(truths, *layout.truth_suffixes)},
            f'{truths}/{truth_name}{suffix}',
        )
        missing += unpaired
        if not pairs and not unpaired:
            missing.append(f'images in {photos}')
        found.append((layout.split, pairs))
    if not found and not missing:
        missing = [f'{root / layout.photos[0]} and {root / layout.truths[0]}' for layout in layouts]
    if missing:
        raise MissingFiles(missing)
    splits = [
        DatasetSplit(
            split, [photo_sample(root, photo, read_words(truth)) for photo, truth in pairs]
        )
        for split, pairs in found
    ]
    for read in splits:
        report_shifted_texts(f'{root}{read.name and ", "}{read.name}', read.samples)
    return splits
