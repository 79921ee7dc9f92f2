"""``clipter experiments``: train and compare recognizers with and without scene context."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.cli.common import (
    DONE,
    CommandError,
    Interrupted,
    add_device,
    count,
    make_parser,
    positive_int,
    run_command,
)
from pipeline.cli.config_files import find_config

NAMES = ('clipter',)
DATA = ('icdar2015', 'icdar2003', 'street_words', 'synthetic')
TESTS = (
    'icdar2015_test=data/icdar2015/textspotting_test.json',
    'svt_test=data/svt/textspotting_test.json',
    'icdar2015_dev=data/icdar2015_dev/textspotting.json',
    'svt_train=data/svt_train/textspotting.json',
)
QUICK = {'iters': 4, 'plain_iters': 4, 'photos': 4, 'misleading': 4}
FULL = {'iters': 2000, 'plain_iters': 20_000, 'photos': None, 'misleading': 200}


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'experiments',
        ['clipter --quick', 'clipter --runs 1 2 3 --out work_dirs/experiments',
         'clipter --tower ViT-B-32 --pretrained openai --device cuda '
         '--start parseq=parseq-bb5792a6.pt'],
        'Runs: (control) the same steps without context; (1) gated attention, early; (2) MH-CA '
        'mini; (3) late;\n(4) a random tower, an ImageNet tower and shuffled scenes; (5) early and '
        'late in PARSeq, SATRN and CRNN,\nalso on the backbone of the default (*-lcnet); '
        '(6) 10 and 30 % of the training images.\nFinished runs in DIR are not repeated. Writes '
        'DIR/report.md, DIR/report.json and DIR/report.html.',
    )  # fmt: skip
    add = parser.add_argument
    add('name', choices=NAMES, help='the experiments to run')
    add('--tower', default='clipter-lite0', metavar='NAME', help='image tower, a name of open_clip')
    add(
        '--pretrained', default='embedded', metavar='TAG_OR_FILE',
        help='weights of the tower: a tag, a file, or none for random weights',
    )  # fmt: skip
    add(
        '--imagenet', metavar='FILE',
        help='weights of the same tower trained on ImageNet, for the ImageNet control; '
        'clipter pack-tower --out FILE writes those of clipter-lite0',
    )  # fmt: skip
    add(
        '--data', nargs='+', type=Path, metavar='DIR',
        help='folders of clipter cut-words to train on '
        f'(default: those of data/cut/{{{",".join(DATA)}}} that exist)',
    )  # fmt: skip
    add(
        '--test', nargs='+', metavar='NAME=JSON',
        help='test sets, MMOCR JSON (default: those of ICDAR 2015 and SVT in data/ that exist)',
    )  # fmt: skip
    add(
        '--runs', nargs='+', metavar='RUN',
        help='names of runs or numbers of experiments (default: all)',
    )  # fmt: skip
    add(
        '--start', nargs='+', default=[], metavar='ARCH=FILE',
        help='weights of a plain recognizer of (5), such as parseq or crnn-lcnet (default: trained '
        'here first)',
    )  # fmt: skip
    add('--iters', type=positive_int, metavar='N', help=f'iterations of each run ({FULL["iters"]})')
    add(
        '--plain-iters', type=positive_int, metavar='N',
        help=f'iterations of plain recognizers without --start ({FULL["plain_iters"]})',
    )  # fmt: skip
    add('--seeds', type=positive_int, default=1, metavar='N', help='number of seeds')
    add('--photos', type=positive_int, metavar='N', help='largest number of photos of a test set')
    add(
        '--misleading', type=count, metavar='N',
        help=f'misspelled words in the test with misleading context ({FULL["misleading"]})',
    )  # fmt: skip
    add(
        '--quick', action='store_true',
        help=f'check that everything works: {QUICK["iters"]} iterations and {QUICK["photos"]} '
        'photos; the numbers mean nothing',
    )  # fmt: skip
    add('--workers', type=count, default=1, metavar='N', help='processes that load crops')
    add(
        '--out', type=Path, metavar='DIR',
        help='output folder (default: work_dirs/experiments_NAME)',
    )  # fmt: skip
    add_device(parser)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the experiments; returns the exit status."""
    return run_command(_run, parse_args(argv))


def _run(args: argparse.Namespace) -> int:
    data = _training_data(args.data)
    tests = _test_sets(args.test)
    starts = dict(_pair(each, '--start ARCH=FILE') for each in args.start)

    import cv2

    from pipeline.analysis.experiments import Settings, report_experiments, run_experiments
    from pipeline.analysis.experiments.plan import PLAIN_CONFIGS, choose_runs, plan_runs
    from pipeline.utils.device import choose_device

    _check_starts(starts, PLAIN_CONFIGS)

    cv2.setNumThreads(0)
    sizes: dict[str, Any] = {
        name: getattr(args, name) or (QUICK if args.quick else FULL)[name]
        for name in ('iters', 'plain_iters', 'photos', 'misleading')
    }
    if args.misleading == 0:
        sizes['misleading'] = 0
    settings = Settings(
        out=args.out or Path('work_dirs', f'experiments_{args.name}' + '_quick' * args.quick),
        tower=args.tower,
        pretrained=None if args.pretrained == 'none' else args.pretrained,
        data=tuple(data),
        tests=tests,
        seeds=tuple(range(args.seeds)),
        starts=starts,
        imagenet=args.imagenet,
        workers=args.workers,
        device=str(choose_device(args.device)),
        **sizes,
    )
    runs = plan_runs(list(starts), args.imagenet is not None)
    if args.runs:
        runs = choose_runs(runs, args.runs)
    if args.imagenet is None:
        print('the ImageNet control is skipped: --imagenet FILE gives its weights', file=sys.stderr)
    try:
        results = run_experiments(settings, runs, find_config, _say)
    except KeyboardInterrupt:
        raise Interrupted('interrupted; the same command continues') from None
    text = report_experiments(settings, runs, results, args.quick)
    print(text)
    print(f'page: {settings.out / "report.html"}', file=sys.stderr)
    return DONE


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _training_data(folders: list[Path] | None) -> list[Path]:
    """The folders of the command line, or those of ``DATA`` that exist."""
    if folders is None:
        folders = [Path('data', 'cut', name) for name in DATA]
        folders = [folder for folder in folders if (folder / 'textrecog.json').is_file()]
        if not folders:
            raise CommandError(
                f'no training crops in data/cut/{{{",".join(DATA)}}}: cut words first (clipter '
                'cut-words _base_/ppocrv6-small --data JSON --out DIR), or name folders with --data'
            )
    missing = [folder for folder in folders if not (folder / 'textrecog.json').is_file()]
    if missing:
        raise CommandError(
            *(f'no {folder / "textrecog.json"}: wanted a folder of clipter cut-words'
              for folder in missing)
        )  # fmt: skip
    return folders


def _test_sets(given: list[str] | None) -> dict[str, Path]:
    pairs = [_pair(each, '--test NAME=JSON') for each in given or TESTS]
    sets = {name: Path(path) for name, path in pairs}
    found = {name: path for name, path in sets.items() if path.is_file()}
    if not found or (given and len(found) < len(sets)):
        raise CommandError(
            *(f'no test set {path} ({name})' for name, path in sets.items() if name not in found),
            note='data/README.md describes how to prepare data sets',
        )
    return found


def _check_starts(starts: Mapping[str, str], known: Iterable[str]) -> None:
    unknown = sorted(set(starts) - set(known))
    if unknown:
        raise CommandError(f'--start {unknown[0]}: wanted one of {", ".join(known)}')
    missing = [path for path in starts.values() if not Path(path).is_file()]
    if missing:
        raise CommandError(*(f'no weights {path} (--start)' for path in missing))


def _pair(text: str, wanted: str) -> tuple[str, str]:
    name, sign, value = text.partition('=')
    if not (name and sign and value):
        raise CommandError(f'wanted {wanted}, got {text}')
    return name, value


if __name__ == '__main__':
    sys.exit(main())
