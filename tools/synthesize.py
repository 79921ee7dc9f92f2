"""Draw synthetic scenes with words in them and write them with an MMOCR annotation file.

    python tools/synthesize.py --out data/synthetic/train --count 1000 --backgrounds photos/

writes DIR/images/00000000.jpg ..., DIR/annotation.json and DIR/scenes/*.json (one a scene, which
let an interrupted run go on where it stopped). The same seed writes the same bytes, whatever the
number of workers.
"""
from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from pipeline.datasets.synthetic import (
    SceneGenerator, WordSource, find_fonts, make_annotation, make_instances)
from pipeline.datasets.synthetic.backgrounds import find_backgrounds
from pipeline.datasets.synthetic.contact_sheet import draw_contact_sheet
from pipeline.datasets.synthetic.fonts import (
    group_families, matplotlib_font_folder, system_font_folders)

_generator: SceneGenerator
_out: Path
_seed: int
_quality: int


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Draw synthetic scenes with words, and their MMOCR annotation.')
    parser.add_argument('--out', type=Path, required=True, help='folder to write')
    parser.add_argument('--count', type=int, required=True, help='number of scenes')
    parser.add_argument('--size', type=int, nargs=2, default=(640, 640), metavar=('H', 'W'))
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--fonts', action='append', metavar='DIR',
                        help='a folder of fonts, besides the system\'s; may be repeated')
    parser.add_argument('--only-fonts', action='store_true',
                        help='use no fonts but those of --fonts (matplotlib\'s without it)')
    parser.add_argument('--backgrounds', metavar='DIR', help='photos without text; else drawn')
    parser.add_argument('--words', type=int, nargs=2, default=(3, 25), metavar=('MIN', 'MAX'),
                        help='words a scene')
    parser.add_argument('--quality', type=int, default=90, help='of the JPEG files')
    parser.add_argument('--workers', type=int, default=1)
    parser.add_argument('--contact-sheet', type=Path, metavar='PATH',
                        help='also write an overview of the first 50 scenes, polygons drawn')
    return parser.parse_args(arguments)


def build_generator(arguments: argparse.Namespace) -> SceneGenerator:
    folders = [Path(folder) for folder in arguments.fonts or []]
    if not arguments.only_fonts:
        folders += [folder for folder in system_font_folders() if folder.exists()]
    if not arguments.only_fonts or not folders:
        folders.append(matplotlib_font_folder())
    fonts = find_fonts(folders)
    backgrounds = find_backgrounds(arguments.backgrounds) if arguments.backgrounds else None
    print(f'{len(group_families(fonts))} font families, {len(fonts)} faces; '
          f'{len(backgrounds or [])} background photos', flush=True)
    return SceneGenerator(fonts, WordSource(), backgrounds, tuple(arguments.size),
                          word_count=tuple(arguments.words))


def start_worker(generator: SceneGenerator, out: Path, seed: int, quality: int) -> None:
    global _generator, _out, _seed, _quality
    _generator, _out, _seed, _quality = generator, out, seed, quality
    cv2.setNumThreads(0)


def write_scene(index: int) -> dict:
    """Draw and write one scene, or take it as it is if an earlier run wrote it."""
    name = f'{index:08d}'
    image_path, record_path = _out / 'images' / f'{name}.jpg', _out / 'scenes' / f'{name}.json'
    if record_path.exists() and image_path.exists():
        return json.loads(record_path.read_text(encoding='utf-8'))
    scene = _generator.draw(np.random.default_rng([_seed, index]))
    _, code = cv2.imencode('.jpg', scene.image, [cv2.IMWRITE_JPEG_QUALITY, _quality])
    image_path.write_bytes(code.tobytes())
    record = dict(img_path=f'images/{name}.jpg', height=scene.image.shape[0],
                  width=scene.image.shape[1], instances=make_instances(scene.words))
    partial = record_path.with_suffix('.part')
    partial.write_text(json.dumps(record), encoding='utf-8')
    os.replace(partial, record_path)  # the record appears only when it is whole
    return record


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    if options.count < 1 or options.workers < 1:
        print('--count and --workers must be at least 1.', file=sys.stderr)
        return 2
    try:
        generator = build_generator(options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    settings = dict(seed=options.seed, size=list(options.size), words=list(options.words),
                    quality=options.quality)
    settings_path = options.out / 'settings.json'
    if settings_path.exists() and json.loads(settings_path.read_text()) != settings:
        print(f'{options.out} holds scenes of other settings ({settings_path.read_text()}); '
              'name another --out or remove it.', file=sys.stderr)
        return 2
    for folder in ('images', 'scenes'):
        (options.out / folder).mkdir(parents=True, exist_ok=True)
    settings_path.write_text(json.dumps(settings))
    state = (generator, options.out, options.seed, options.quality)
    start = time.perf_counter()
    records = []
    if options.workers == 1:
        start_worker(*state)
        results = map(write_scene, range(options.count))
        pool = None
    else:
        pool = multiprocessing.get_context('spawn').Pool(options.workers, start_worker, state)
        results = pool.imap(write_scene, range(options.count), chunksize=4)
    for record in results:
        records.append(record)
        if len(records) % 100 == 0 or len(records) == options.count:
            rate = len(records) / (time.perf_counter() - start)
            print(f'{len(records)}/{options.count} scenes, {rate:.1f} a second', flush=True)
    if pool is not None:
        pool.close()
        pool.join()
    annotation = json.dumps(make_annotation(records))
    (options.out / 'annotation.json').write_text(annotation, encoding='utf-8')
    words = [word for record in records for word in record['instances']]
    ignored = sum(word['ignore'] for word in words)
    print(f'{len(words)} words, {ignored} of them illegible (ignore), in {options.out}')
    if options.contact_sheet:
        options.contact_sheet.parent.mkdir(parents=True, exist_ok=True)
        sheet = draw_contact_sheet(options.out, records[:50])
        cv2.imwrite(str(options.contact_sheet), sheet)
        print(f'contact sheet: {options.contact_sheet}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
