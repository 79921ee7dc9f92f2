"""Annotations of LabelMe, PPOCRLabel and of tools that write COCO's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.datasets.converters.files import photo_size, read_lines
from pipeline.datasets.converters.json_file import check_kind, get_field
from pipeline.datasets.converters.outlines import outline_instance, parse_outline

PhotoWords = list[dict]
"""Instances of one photo."""

ILLEGIBLE = ('###', '*')
_TEXT_KEYS = ('text', 'transcription', 'utf8_string', 'rec_text', 'value')


def read_labelme(contents: Mapping[Path, Any], photos: Sequence[Path]) -> dict[Path, PhotoWords]:
    """Read the files of LabelMe: polygons and rectangles whose label is the text.

    Args:
        contents: Parsed JSON files.
        photos: All photos of the folder.

    Raises:
        ValueError: If a file is malformed, or names no photo of the folder.
    """
    words: dict[Path, PhotoWords] = {}
    for path, content in contents.items():
        named = str(content.get('imagePath') or path.stem)
        photo = _find_photo(named, photos, path, path.stem)
        _check_size(photo, content.get('imageHeight'), content.get('imageWidth'), path)
        words[photo] = []
        for number, shape in enumerate(get_field(content, 'shapes', list, str(path)), 1):
            where = f'{path}, shape {number}'
            shape = check_kind(shape, dict, where)
            points = parse_outline(get_field(shape, 'points', list, where), where)
            if len(points) == 2:
                points = _box(*points[0], *points[1])
            words[photo].append(_word(points, str(shape.get('label') or '')))
    return words


def read_ppocrlabel(labels: Iterable[Path], photos: Sequence[Path]) -> dict[Path, PhotoWords]:
    """Read the files ``Label.txt`` of PPOCRLabel: per line a path, a tab and a JSON list.

    Raises:
        ValueError: If a line is malformed, or names no photo of the folder.
    """
    words: dict[Path, PhotoWords] = {}
    for path in labels:
        for number, line in read_lines(path):
            where = f'{path}, line {number}'
            name, _, text = line.partition('\t')
            try:
                entries = check_kind(json.loads(text), list, where)
            except json.JSONDecodeError as error:
                wanted = 'a path, a tab and a JSON list'
                raise ValueError(f'{where}: expected {wanted} ({error.msg})') from None
            words[_find_photo(name, photos, Path(where))] = [
                outline_instance(
                    parse_outline(get_field(entry, 'points', list, where), where),
                    get_field(entry, 'transcription', str, where),
                    ignore=bool(entry.get('difficult')) or entry['transcription'] in ILLEGIBLE,
                )
                for entry in (check_kind(value, dict, where) for value in entries)
            ]
    return words


def read_coco(contents: Mapping[Path, Any], photos: Sequence[Path]) -> dict[Path, PhotoWords]:
    """Read COCO's JSON. The text of a word is in its ``attributes`` or in the annotation itself.

    Words have a ``segmentation`` polygon, otherwise their ``bbox``. Images that are listed without
    words are negative examples.

    Raises:
        ValueError: If a file is malformed, or names no photo of the folder.
    """
    words: dict[Path, PhotoWords] = {}
    for path, content in contents.items():
        by_id = {}
        for image in get_field(content, 'images', list, str(path)):
            name = get_field(image, 'file_name', str, f'{path}, images')
            photo = _find_photo(name, photos, path)
            _check_size(photo, image.get('height'), image.get('width'), path)
            by_id[image.get('id')] = words.setdefault(photo, [])
        for annotation in get_field(content, 'annotations', list, str(path)):
            where = f'{path}, annotation {annotation.get("id")}'
            if annotation.get('image_id') not in by_id:
                raise ValueError(f'{where}: no image has the id {annotation.get("image_id")}')
            outline = _coco_outline(annotation, where)
            ignore = bool(annotation.get('iscrowd') or annotation.get('ignore'))
            by_id[annotation['image_id']].append(_word(outline, _coco_text(annotation), ignore))
    return words


def _coco_outline(annotation: dict[str, Any], where: str) -> list[tuple[float, float]]:
    segments = annotation.get('segmentation')
    if isinstance(segments, list) and len(segments) == 1:
        return parse_outline(segments[0], f'{where}, segmentation')
    box = parse_outline(get_field(annotation, 'bbox', list, where), f'{where}, bbox')
    (x, y), (width, height) = box
    return _box(x, y, x + width, y + height)


def _coco_text(annotation: dict[str, Any]) -> str:
    for fields in (annotation.get('attributes') or {}, annotation):
        for key in _TEXT_KEYS:
            if isinstance(fields.get(key), str):
                return fields[key]
    return ''


def _word(points: list[tuple[float, float]], text: str, ignore: bool = False) -> dict:
    # The tools do not ask for a first corner, so it is estimated.
    return outline_instance(points, text, ignore or text in ILLEGIBLE, start_is_known=False)


def _box(x1: float, y1: float, x2: float, y2: float) -> list[tuple[float, float]]:
    left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _find_photo(name: str, photos: Sequence[Path], where: Path, stem: str = '') -> Path:
    """The photo with the longest common end of its path; tools store paths of their machine."""
    parts = PurePosixPath(name.replace('\\', '/')).parts
    for count in range(len(parts), 0, -1):
        found = [photo for photo in photos if photo.parts[-count:] == parts[-count:]]
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            near = [photo for photo in found if photo.parent == where.parent]
            if len(near) == 1:
                return near[0]
            raise ValueError(f'{where}: {name} may be {found[0]} or {found[1]}')
    same_stem = [photo for photo in photos if photo.parent == where.parent and photo.stem == stem]
    if len(same_stem) == 1:
        return same_stem[0]
    raise ValueError(f'{where}: expected the photo {name}, which is not in the folder')


def _check_size(photo: Path, height: Any, width: Any, where: Path) -> None:
    """Refuse annotations of a photo of another size, such as one turned by its EXIF orientation."""
    if not (height and width):
        return
    stored = photo_size(photo)
    if stored != (height, width):
        raise ValueError(
            f'{where}: {photo.name} was annotated at {width} x {height} pixels, but is stored at '
            f'{stored[1]} x {stored[0]}. Save it with this size and without EXIF orientation.'
        )
