"""``clipter evaluate``: score predictions by the ICDAR protocols."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.choices import (
    LEXICON_LEVELS,
    LEXICON_RULES,
    MATCHINGS,
    POINT_PROTOCOLS,
    PROTOCOLS,
    TASKS,
)
from pipeline.cli.common import (
    DONE,
    USER_ERRORS,
    CommandError,
    changed_options,
    count,
    make_parser,
    run_command,
    share,
)
from pipeline.cli.error_lines import say_error

if TYPE_CHECKING:
    from pipeline.evaluation.file_evaluation import FileEvaluation

RULES_OF_POLYGONS = (
    'iou', 'area_precision', 'strip', 'min_length', 'matching', 'confidences',
)  # fmt: skip


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'evaluate',
        ['--gt gt.zip --pred results/ --protocol icdar2015',
         '--gt gt/ --pred submission.zip --protocol icdar2015 --lexicon words.txt '
         '--lexicon-level generic',
         '--gt gt/ --pred results/ --protocol totaltext --confidences --json scores.json '
         '--report report/'],
    )  # fmt: skip
    add = parser.add_argument
    add(
        '--gt', required=True, metavar='PATH',
        help='folder or zip of the ground truth; for icdar2015 also the textspotting.json of '
        'clipter prepare-dataset, or its folder',
    )  # fmt: skip
    add('--pred', required=True, metavar='PATH', help='folder or zip of the predictions')
    add(
        '--protocol', required=True, choices=(*PROTOCOLS, *POINT_PROTOCOLS),
        help='format and rules of the data set; points-*: predictions are lines '
        'x,y,confidence,text, scored as by SPTS or MMOCR',
    )  # fmt: skip
    add('--task', default='e2e', choices=TASKS, help='task whose numbers come first')
    add(
        '--lexicon', metavar='PATH',
        help='one list per image (strong), or one list (the other levels); UTF-8, or UTF-16 with a '
        'byte order mark',
    )  # fmt: skip
    add(
        '--lexicon-level', choices=LEXICON_LEVELS,
        help='level of --lexicon (default: strong for a folder or zip of lists, otherwise from '
        'the name of the file)',
    )  # fmt: skip
    add(
        '--lexicon-rule', choices=LEXICON_RULES, default='adelaidet',
        help='project whose rule for the use of the lexicon is applied',
    )  # fmt: skip
    add(
        '--char-scores', metavar='PATH',
        help='folder or zip of res_img_N.npz with character scores, for the weighted edit distance '
        'of the rules mask-textspotter and testr',
    )  # fmt: skip
    add(
        '--matching', choices=MATCHINGS, default='first',
        help='first: as the ICDAR scripts; maximum: as many pairs as possible (MMOCR max_matching)',
    )  # fmt: skip
    add(
        '--min-score', type=float, default=0.0, metavar='S',
        help='predictions with a lower confidence are left out',
    )  # fmt: skip
    add(
        '--iou', type=share, default=0.5, metavar='IOU',
        help='IoU that a prediction and a gt word must exceed to match',
    )  # fmt: skip
    add(
        '--area-precision', type=share, default=0.5, metavar='S',
        help='predictions with more than this share of their area in one illegible word (###) are '
        'neither right nor wrong',
    )  # fmt: skip
    add(
        '--confidences', action='store_true',
        help='lines of predictions contain a confidence before the transcription: compute AP. '
        'Without this option it is compared as text, with a warning',
    )  # fmt: skip
    add(
        '--strip', choices=('edge', 'all'), default='edge',
        help='outer punctuation that may differ: one character at each end (edge), or all',
    )  # fmt: skip
    add(
        '--min-length', type=count, default=3, metavar='N',
        help='least length of a word in word spotting',
    )  # fmt: skip
    add('--json', metavar='PATH', help='file for all numbers; - prints them')
    add('--report', metavar='DIR', help='folder for a page with numbers, curve and images')
    add(
        '--images', metavar='DIR',
        help='images for the report (default: the folder images beside or in --gt, or --gt '
        'itself)',
    )  # fmt: skip
    add(
        '--report-photos', type=count, default=50, metavar='N',
        help='images drawn in the report, those with the most errors',
    )  # fmt: skip
    args = parser.parse_args(argv)
    if args.lexicon_level and not args.lexicon:
        parser.error('--lexicon-level is the level of a --lexicon: give --lexicon PATH too')
    if args.lexicon and not args.lexicon_level:
        args.lexicon_level = lexicon_level(args.lexicon)
        if args.lexicon_level is None:
            parser.error(
                f'--lexicon {args.lexicon}: give its --lexicon-level, one of '
                f'{", ".join(LEXICON_LEVELS)}'
            )
    if args.char_scores and not args.lexicon:
        parser.error('--char-scores requires --lexicon')
    if not args.lexicon and changed_options(parser, args, ['lexicon_rule']):
        parser.error('--lexicon-rule is the rule of a --lexicon: give --lexicon PATH too')
    unused = changed_options(parser, args, RULES_OF_POLYGONS)
    if unused and args.protocol in POINT_PROTOCOLS:
        parser.error(f'{args.protocol} scores points by fixed rules: leave {unused} out')
    if not args.report and changed_options(parser, args, ['report_photos']):
        parser.error('--report-photos is for the report: give --report DIR too')
    if args.report and args.protocol in POINT_PROTOCOLS:
        parser.error('--report draws polygons; it has no form for points')
    if args.images and not args.report:
        parser.error('--images is for the report: give --report DIR too')
    if args.images and not Path(args.images).is_dir():
        parser.error(
            f'--images requires a folder of images, got {args.images}, which is not a folder'
        )
    return args


def main(argv: list[str] | None = None) -> int:
    """Score the predictions; returns the exit status."""
    return run_command(_evaluate, parse_args(argv))


def lexicon_level(path: str) -> str | None:
    """The level of a lexicon by its kind and name, or None if they do not show the level.

    The competition's names are ``voc_img_1.txt`` ... (strong), ``ch4_test_vocabulary.txt`` (weak)
    and ``GenericVocabulary.txt``.
    """
    if Path(path).is_dir() or path.lower().endswith('.zip'):
        return 'strong'
    name = Path(path).name.lower()
    found = [level for level in LEXICON_LEVELS if level in name]
    if not found and 'vocabulary' in name:
        found = ['weak']
    return found[0] if len(found) == 1 else None


def check_predictions(path: Path) -> None:
    """Refuse a folder of results in another format than ICDAR's.

    Raises:
        CommandError: If the folder contains JSON or CSV results, and no text files.
    """
    if not path.is_dir() or any(path.glob('*.txt')):
        return
    others = sorted(p.suffix for p in path.iterdir() if p.suffix in ('.json', '.jsonl', '.csv'))
    if others:
        raise CommandError(
            f'{path} contains {others[0]} files, and predictions are ICDAR files res_NAME.txt: '
            f'read the images with clipter infer PHOTOS --format icdar --out {path}'
        )


def _evaluate(args: argparse.Namespace) -> int:
    check_predictions(Path(args.pred))
    try:
        evaluation = evaluate(args)
        result = evaluation.summary()
    except USER_ERRORS as error:
        write_json(args.json, {'calculated': False, 'message': say_error(error)})
        raise
    write_json(args.json, result)
    if args.json != '-':
        print_table(result)
    if args.report:
        write_page(args, evaluation)
    return DONE


def evaluate(args: argparse.Namespace) -> FileEvaluation:
    """Score the files of a command line."""
    from pipeline.evaluation.file_evaluation import LexiconChoice, score_files
    from pipeline.evaluation.scoring import ScoringRules

    rules = ScoringRules(
        iou=args.iou,
        area_precision=args.area_precision,
        strip=args.strip,
        min_length=args.min_length,
        confidences=args.confidences,
        reject_empty_gt=args.protocol in ('icdar2015', 'icdar2013'),
        matching=args.matching,
    )
    lexicon = None
    if args.lexicon:
        lexicon = LexiconChoice(
            args.lexicon, args.lexicon_level, args.lexicon_rule, args.char_scores
        )
    return score_files(args.gt, args.pred, args.protocol, args.task, rules, lexicon, args.min_score)


def write_json(path: str | None, result: dict[str, Any]) -> None:
    """Write the numbers to a file; ``-`` prints them."""
    text = json.dumps(result, ensure_ascii=False)
    if path == '-':
        print(text)
    elif path:
        Path(path).write_text(text, encoding='utf-8')


def print_table(result: dict[str, Any]) -> None:
    """Print precision, recall and hmean of all tasks."""
    lexicon = result['lexicon']
    used = f'{lexicon["level"]} lexicon, rule {lexicon["rule"]}' if lexicon else 'no lexicon'
    print(f'{result["protocol"]}, {used}')
    with_ap = result['rules']['confidences']
    columns = ['precision', 'recall', 'hmean'] + (['ap'] if with_ap else [])
    print(' ' * 12 + ''.join(f'{c:>10}' for c in columns) + f'{"matched":>9}{"gt":>7}{"pred":>7}')
    for task in [name for name in TASKS if name in result]:
        row = result[task]
        numbers = ''.join(f'{row[key]:10.4f}' for key in columns)
        print(f'{task:12}{numbers}{row["matched"]:9d}{row["gt_care"]:7d}{row["det_care"]:7d}')


def write_page(args: argparse.Namespace, evaluation: FileEvaluation) -> None:
    """Write the report."""
    from pipeline.analysis.submission import write_report

    try:
        page = write_report(evaluation, args.report, args.images, args.report_photos)
    except OSError as error:
        raise CommandError(f'the report cannot be written: {error}') from error
    if args.json != '-':
        print(f'report: {page}')


if __name__ == '__main__':
    sys.exit(main())
