"""Finds, unpacks and reads the files of a data set."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError

from pipeline.utils.natural_sort import natural_key

PHOTO_SUFFIXES = ('.jpg', '.jpeg', '.png', '.gif', '.bmp', '.webp', '.tif', '.tiff')
_NAMED_AT_MOST = 10


class MissingFiles(FileNotFoundError):
    """Files of a data set are missing.

    Attributes:
        missing: Descriptions of all missing files, e.g. ``'gt/gt_img_3.txt (words of img_3.jpg)'``.
    """

    def __init__(self, missing: Sequence[str], hint: str = '') -> None:
        self.missing = list(missing)
        lines = [f'missing: {item}' for item in self.missing[:_NAMED_AT_MOST]]
        if len(self.missing) > _NAMED_AT_MOST:
            lines.append(f'... {len(self.missing):,} missing in all')
        super().__init__('\n'.join([*lines, *([hint] if hint else [])]))


def find_folder(root: Path, *names: str) -> Path | None:
    """Find the first existing folder of several names.

    If no folder exists, zips named after a folder or one of its parents (``A.zip`` for ``A/B``) are
    unpacked next to themselves until a folder exists.

    Args:
        root: Folder of the data set.
        names: Paths relative to ``root``, the most common first.
    """
    for name in names:
        if (root / name).is_dir():
            return root / name
    for name in names:
        path = PurePosixPath(name)
        for outer in [*reversed(path.parents[:-1]), path]:
            archive = root / outer.parent / f'{outer.name}.zip'
            if archive.is_file():
                unpack_archive(archive)
        if (root / name).is_dir():
            return root / name
    return None


def find_file(root: Path, *names: str) -> Path | None:
    """Find the first existing file of several names."""
    return next((root / name for name in names if (root / name).is_file()), None)


def unpack_archive(archive: Path) -> Path:
    """Unpack a zip to a folder of the same name next to it. An error leaves no folder.

    Returns:
        The folder. An existing folder is not changed.

    Raises:
        ValueError: If the file is not a zip, or if a member would be written outside the folder.
    """
    folder = archive.with_suffix('')
    if folder.is_dir():
        return folder
    part = folder.with_name(f'.{folder.name}.part')
    shutil.rmtree(part, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.namelist():
                path = PurePosixPath(member.replace('\\', '/'))
                if path.is_absolute() or '..' in path.parts or ':' in path.parts[0]:
                    raise ValueError(
                        f'{archive}: the member {member!r} is outside the archive; '
                        'nothing was unpacked.'
                    )
            packed.extractall(part)
        part.rename(folder)
    except zipfile.BadZipFile as error:
        raise ValueError(f'{archive} is not a zip archive ({error}). Download it again.') from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def list_files(folder: Path, *suffixes: str) -> list[Path]:
    """Files under a folder with one of the suffixes (in any case), in name order.

    Files of operating systems (``__MACOSX``, names that start with a dot) are skipped. Numbers in
    names are compared by value: img_2 precedes img_10.
    """
    found = (
        path
        for path in folder.rglob('*')
        if path.suffix.lower() in suffixes
        and not path.name.startswith('.')
        and '__MACOSX' not in path.parts
    )
    return sorted(found, key=lambda path: natural_key(path.as_posix()))


def list_photos(folder: Path) -> list[Path]:
    """Images under a folder, in name order."""
    return list_files(folder, *PHOTO_SUFFIXES)


def pair_files(
    photos: Mapping[str, Path], truths: Mapping[str, Path], truth_name: str
) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Pair each image with its ground-truth file.

    Args:
        photos: Images by key.
        truths: Ground-truth files by key.
        truth_name: Name of an image's ground-truth file, with ``{}`` for the key.

    Returns:
        Pairs in the order of ``photos``, and descriptions of missing files.
    """
    pairs = [(photo, truths[key]) for key, photo in photos.items() if key in truths]
    missing = [
        f'{truth_name.format(key)} (words of {photo.name})'
        for key, photo in photos.items()
        if key not in truths
    ]
    missing += [f'image of {path.name}' for key, path in truths.items() if key not in photos]
    return pairs, missing


def photo_size(path: Path) -> tuple[int, int]:
    """Stored (height, width) of an image in pixels. The EXIF orientation is not applied.

    Raises:
        ValueError: If the file is not an image.
    """
    try:
        with Image.open(path) as photo:
            width, height = photo.size
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(f'{path} cannot be read as an image ({error}).') from None
    return height, width


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Non-empty lines of a UTF-8 file, with their numbers from 1.

    A byte order mark and carriage returns are removed. Lines are split only at line feeds, because
    texts may contain other Unicode separators.

    Raises:
        ValueError: If the file is not UTF-8.
    """
    for number, line in enumerate(read_text(path).split('\n'), start=1):
        line = line.rstrip('\r')
        if line.strip():
            yield number, line


def read_text(path: Path) -> str:
    """Text of a UTF-8 file without byte order mark.

    Raises:
        ValueError: If the file is not UTF-8.
    """
    try:
        return path.read_bytes().decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not UTF-8 text: {error}.') from None


def photo_sample(root: Path, photo: Path, instances: list[dict]) -> dict:
    """Make an MMOCR sample of an image and its words."""
    height, width = photo_size(photo)
    return {
        'img_path': photo.relative_to(root).as_posix(),
        'height': height,
        'width': width,
        'instances': instances,
    }


def trailing_number(stem: str) -> str:
    """The number at the end of a name without leading zeros, or the name if it has no number."""
    found = re.search(r'(\d+)$', stem)
    return str(int(found[1])) if found else stem
