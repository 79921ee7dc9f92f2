"""Files of folders and globs, local or on a file system of fsspec."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.io.urls import is_url, public_url
from pipeline.utils.natural_sort import natural_key

# fmt: off
PHOTO_SUFFIXES = frozenset([
    '.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.tif', '.tiff', '.bmp', '.dib', '.gif',
    '.jp2', '.avif', '.heic', '.heif', '.hif', '.apng', '.pbm', '.pgm', '.ppm', '.pnm', '.pdf',
])
# fmt: on
NO_IMAGES = 'no images in this folder'
NO_MATCH = 'nothing matches'


def is_photo_name(name: str) -> bool:
    """Whether a folder's file is an input: not hidden, with the suffix of an image or a PDF."""
    return not name.startswith('.') and Path(name).suffix.lower() in PHOTO_SUFFIXES


def walk_folder(
    folder: str, recursive: bool = True, excluded: Collection[str] = ()
) -> Iterator[str]:
    """Photos of a folder in natural order, without hidden files.

    Args:
        folder: Path of the folder.
        recursive: Whether subfolders are included.
        excluded: Real paths of subfolders that are skipped.
    """
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            (
                name
                for name in folders
                if recursive
                and not name.startswith('.')
                and os.path.realpath(os.path.join(parent, name)) not in excluded
            ),
            key=natural_key,
        )
        for name in sorted(files, key=natural_key):
            if is_photo_name(name):
                yield os.path.join(parent, name)


def match_pattern(pattern: str) -> list[str]:
    """Files and folders that match a glob, in natural order. ``**`` matches files only."""
    paths = sorted(glob.glob(pattern, recursive=True), key=natural_key)
    if '**' in pattern:  # The files of matched folders are also matches.
        paths = [path for path in paths if not os.path.isdir(path)]
    return paths


def list_files(
    inputs: Iterable[str], excluded: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """List the files of inputs without opening them.

    Args:
        inputs: Files, folders, globs, and URLs. The URLs of fsspec, such as ``s3://``, may be
            folders (with a slash at the end) and globs. A missing file is listed: reading it
            reports the error.
        excluded: Real paths of subfolders that are skipped.

    Returns:
        Paths and URLs in the order of the inputs, each once, and the messages about inputs that
        contain no image.
    """
    files: dict[str, None] = {}
    errors = []
    for given in inputs:
        if is_url(given):
            found, reason = expand_url(given), NO_MATCH
        elif os.path.isdir(given):
            found, reason = list(walk_folder(given, True, excluded)), NO_IMAGES
        elif not os.path.exists(given) and glob.has_magic(given):
            matches = match_pattern(given)
            found = [
                path
                for match in matches
                for path in (walk_folder(match) if os.path.isdir(match) else [match])
            ]
            reason = NO_IMAGES if matches else NO_MATCH
        else:
            found, reason = [given], ''
        if not found:
            errors.append(f'{public_url(given) if is_url(given) else given}: {reason}')
        files.update(dict.fromkeys(found))
    return list(files), errors


def expand_url(url: str) -> list[str]:
    """URLs of the images of a remote folder or glob, in natural order; others stay as they are."""
    is_folder = url.endswith('/')
    is_glob = '*' in url or '[' in url
    if url.lower().startswith(('http://', 'https://')) or not (is_folder or is_glob):
        return [url]
    files, path = open_file_system(url)
    found = files.find(path) if is_folder else files.glob(path)
    paths = [path for path in map(PurePosixPath, found) if is_photo_name(path.name)]
    return [files.unstrip_protocol(str(path)) for path in sorted(paths, key=_walk_order)]


def _walk_order(path: PurePosixPath) -> tuple[object, ...]:
    """Order of :func:`walk_folder`: the files of a folder before those of its subfolders."""
    return [natural_key(part) for part in path.parent.parts], natural_key(path.name)


def open_file_system(url: str) -> tuple[Any, str]:
    """The fsspec file system of a path or URL, and the path in it.

    Raises:
        ImportError: If fsspec or its package for this scheme is not installed.
        ValueError: If the scheme is unknown.
    """
    try:
        import fsspec
    except ImportError:
        raise ImportError(
            f"{public_url(url)} requires fsspec: pip install -e '.[remote]'"
        ) from None
    files, path = fsspec.core.url_to_fs(url)
    return files, str(path)
