"""ICDAR MLT 2017 and 2019: words of many scripts (Robust Reading Competition, 8 and 15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import (
    MissingFiles,
    find_folder,
    list_files,
    list_photos,
    pair_files,
    photo_sample,
    read_lines,
)
from pipeline.datasets.converters.outlines import (
    Point,
    outline_instance,
    parse_outline,
    report_degenerate,
)
from pipeline.datasets.converters.shifted_texts import report_shifted_texts
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts

# (all image folders, the image folder of MMOCR's layout, ground-truth folders).
_Layout = tuple[tuple[str, ...], str, tuple[str, ...]]
_FOLDERS_2017: dict[str, _Layout] = {
    'train': (
        tuple(f'ch8_training_images_{number}' for number in range(1, 9)),
        'textdet_imgs/train',
        ('ch8_training_localization_transcription_gt_v2', 'annotations/train'),
    ),
    'val': (
        ('ch8_validation_images',),
        'textdet_imgs/val',
        ('ch8_validation_localization_transcription_gt_v2', 'annotations/val'),
    ),
}
_FOLDERS_2019: dict[str, _Layout] = {
    'train': (('ImagesPart1', 'ImagesPart2'), 'textdet_imgs/train', ('train_gt_t13',)),
}


def read_mlt2017(root: Path) -> list[DatasetSplit]:
    """Read ``train`` and ``val`` if they exist; the test set has no public ground truth.

    Words with the text ``###`` are ignored. Corners are clockwise and not changed. Images may be
    JPEG, PNG or GIF (which OpenCV reads since 4.11). Instances keep their script as ``language``
    (Arabic, Latin, Chinese, Japanese, Korean, Bangla, Hindi, Symbols, Mixed, None).

    Args:
        root: Folder with the folders or zips of the competition, or with MMOCR's ``textdet_imgs``
            and ``annotations``.

    Raises:
        MissingFiles: If no split is found, or if folders, images or ground truth of a split are
            missing.
        ValueError: If a line cannot be parsed. The message contains file and line.
    """
    return _read_splits(root, _FOLDERS_2017)


def read_mlt2019(root: Path) -> list[DatasetSplit]:
    """Read ``train`` from ``ImagesPart1`` and ``ImagesPart2``, like :func:`read_mlt2017`."""
    return _read_splits(root, _FOLDERS_2019)


def parse_mlt_line(line: str, where: str) -> tuple[list[Point], str, str]:
    """Parse ``x1,y1,x2,y2,x3,y3,x4,y4,script,text`` to (corners, script, text).

    Commas after the ninth belong to the text.

    Args:
        line: Line without line ending.
        where: File and line, for error messages.

    Raises:
        ValueError: If there are fewer than ten fields or a coordinate is not a number.
    """
    fields = line.split(',', 9)
    if len(fields) < 10:
        raise ValueError(
            f'{where}: expected 8 coordinates, script and transcript, got {len(fields)} fields: '
            f'{line!r}'
        )
    try:
        numbers = [float(value) for value in fields[:8]]
    except ValueError:
        raise ValueError(f'{where}: expected 8 numeric coordinates, got {fields[:8]}') from None
    return parse_outline(numbers, where), fields[8].strip(), fields[9]


def _read_splits(root: Path, folders: Mapping[str, _Layout]) -> list[DatasetSplit]:
    found: dict[str, list[tuple[Path, Path]]] = {}
    missing: list[str] = []
    for split, layout in folders.items():
        pairs, lacking = _pair_images(root, *layout)
        missing += lacking
        if pairs:
            found[split] = pairs
    if not found and not missing:
        missing = [
            f'{root / parts[0]}[.zip]{" ..." if len(parts) > 1 else ""} and '
            f'{root / truth_names[0]}[.zip]'
            for parts, _, truth_names in folders.values()
        ]
    if missing:
        raise MissingFiles(missing)
    splits = [
        DatasetSplit(split, [_read_image(root, *pair) for pair in pairs])
        for split, pairs in found.items()
    ]
    for read in splits:
        report_degenerate(f'{root}, {read.name}', read.samples)
        report_shifted_texts(f'{root}, {read.name}', read.samples)
    return splits


def _pair_images(
    root: Path, parts: Sequence[str], whole: str, truth_names: Sequence[str]
) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Pair images with their ground truth; also return descriptions of missing files."""
    found = {part: find_folder(root, part) for part in parts}
    other, truths = find_folder(root, whole), find_folder(root, *truth_names)
    folders = [folder for folder in (other, *found.values()) if folder is not None]
    if truths is None and not folders:
        return [], []
    missing = [] if truths else [f'{root / truth_names[0]}[.zip] (words)']
    if other is None:
        missing += [f'{root / part}[.zip] (images)' for part in parts if found[part] is None]
    if missing or truths is None:
        return [], missing
    pairs, missing = pair_files(
        {path.stem: path for folder in folders for path in list_photos(folder)},
        {path.stem.removeprefix('gt_'): path for path in list_files(truths, '.txt')},
        f'{truths.relative_to(root).as_posix()}/gt_{{}}.txt',
    )
    return pairs, missing if pairs or missing else [f'images in {folders[0]}']


def _read_image(root: Path, photo: Path, truth: Path) -> dict:
    instances = []
    for number, line in read_lines(truth):
        points, script, text = parse_mlt_line(line, f'{truth}, line {number}')
        word = outline_instance(points, text, ignore=text == '###')
        instances.append({**word, 'language': script})
    return photo_sample(root, photo, instances)


MLT2017 = DatasetEntry(
    name='mlt2017',
    title='ICDAR 2017 Multi-lingual Scene Text (MLT)',
    task='textspotting',
    read_splits=read_mlt2017,
    layout="""
ch8_training_images_1[.zip] ... ch8_training_images_8[.zip]   img_1.jpg ... (some .png, .gif)
ch8_training_localization_transcription_gt_v2[.zip]           gt_img_1.txt ... gt_img_7200.txt
ch8_validation_images[.zip]                                   img_1.jpg ...
ch8_validation_localization_transcription_gt_v2[.zip]         gt_img_1.txt ... gt_img_1800.txt
or, in MMOCR's layout, textdet_imgs/{train,val} and annotations/{train,val}.
The test set has no public annotations and is left out.
""",
    url='https://rrc.cvc.uab.es/?ch=8&com=downloads (after registration)',
    licence='CC BY 4.0',
    size='not stated; nine archives of images',
    language='nine languages in Arabic, Bangla, Chinese, Japanese, Korean and Latin script',
    published={'train': SplitCounts(photos=7200), 'val': SplitCounts(photos=1800)},
    wanted={
        'train': 'ch8_training_images_1 to _8 and ch8_training_localization_transcription_gt_v2',
        'val': 'ch8_validation_images and ch8_validation_localization_transcription_gt_v2',
    },
)

MLT2019 = DatasetEntry(
    name='mlt2019',
    title='ICDAR 2019 Multi-lingual Scene Text (MLT)',
    task='textspotting',
    read_splits=read_mlt2019,
    layout="""
ImagesPart1[.zip]     tr_img_00001.jpg ... tr_img_05000.jpg (some .png, .gif)
ImagesPart2[.zip]     tr_img_05001.jpg ... tr_img_10000.jpg
train_gt_t13[.zip]    tr_img_00001.txt ... tr_img_10000.txt
The test set has no public annotations and is left out.
""",
    url='https://rrc.cvc.uab.es/?ch=15&com=downloads (after registration)',
    licence='CC BY 4.0',
    size='6.8 GB of images, 6.5 MB of annotations',
    language='ten languages in Arabic, Bangla, Chinese, Devanagari, Japanese, Korean and Latin '
    'script',
    published={'train': SplitCounts(photos=10000)},
    wanted={'train': 'ImagesPart1, ImagesPart2 and train_gt_t13'},
)
