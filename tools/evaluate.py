"""Score predictions by the ICDAR end-to-end, word-spotting and detection protocols."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pipeline.analysis.submission import write_report
from pipeline.evaluation.file_evaluation import FileEvaluation, LexiconChoice, score_files
from pipeline.evaluation.matching import MATCHINGS
from pipeline.evaluation.protocols import POINT_PROTOCOLS, PROTOCOLS
from pipeline.evaluation.scoring import TASKS, ScoringRules


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add('--gt', required=True, metavar='PATH', help='folder or zip of ground truth')
    add('--pred', required=True, metavar='PATH', help='folder or zip of predictions')
    add(
        '--protocol',
        required=True,
        choices=(*PROTOCOLS, *POINT_PROTOCOLS),
        help='points-*: predictions are lines x,y,confidence,text, scored as SPTS or MMOCR does',
    )
    add('--task', default='e2e', choices=TASKS, help='whose numbers come first')
    add('--lexicon', metavar='PATH', help='lists, one a photo (strong), or one list (the others)')
    add('--lexicon-level', choices=['strong', 'weak', 'generic', 'full'])
    add(
        '--lexicon-rule',
        choices=['adelaidet', 'testr', 'davar', 'mask-textspotter', 'spts'],
        default='adelaidet',
        help='whose way of using the lexicon',
    )
    add(
        '--char-scores',
        metavar='PATH',
        help='folder or zip of res_img_N.npz with character scores, for the weighted edit distance '
        'of the rules mask-textspotter and testr',
    )
    add(
        '--matching',
        choices=list(MATCHINGS),
        default='first',
        help='first: as the ICDAR scripts; maximum: as many pairs as possible (MMOCR max_matching)',
    )
    add('--min-score', type=float, default=0.0, help='lowest confidence of scored predictions')
    add('--iou', type=float, default=0.5, help='a pair must exceed it')
    add(
        '--area-precision',
        type=float,
        default=0.5,
        help='predictions with more than this share in one illegible word are left out',
    )
    add('--confidences', action='store_true', help='lines carry confidences; compute AP')
    add('--strip', choices=['edge', 'all'], default='edge', help='outer punctuation forgiven')
    add('--min-length', type=int, default=3, help='shorter words are not spotted')
    add('--json', metavar='PATH', help='write all numbers there; - prints them')
    add('--report', metavar='DIR', help='write a page with numbers, curve and photos there')
    add(
        '--images',
        metavar='DIR',
        help='photos for the report; otherwise the folder images beside --gt, or --gt itself',
    )
    add(
        '--report-photos',
        type=_count,
        default=50,
        metavar='N',
        help='photos drawn in the report, those with the most errors',
    )
    args = parser.parse_args(argv)
    if bool(args.lexicon) != bool(args.lexicon_level):
        parser.error('--lexicon and --lexicon-level go together')
    if args.char_scores and not args.lexicon:
        parser.error('--char-scores requires --lexicon')
    if args.report and args.protocol in POINT_PROTOCOLS:
        parser.error('--report draws polygons; it has no form for points')
    if args.images and not args.report:
        parser.error('--images is for the report: give --report DIR too')
    if args.images and not Path(args.images).is_dir():
        parser.error(f'--images wants a folder of photos, there is none at {args.images}')
    return args


def evaluate(args: argparse.Namespace) -> FileEvaluation:
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


def print_table(result: dict[str, Any]) -> None:
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


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    evaluation = None
    try:
        evaluation = evaluate(args)
        result = evaluation.summary()
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        result = {'calculated': False, 'message': str(error)}
    if args.json == '-':
        print(json.dumps(result, ensure_ascii=False))
    elif args.json:
        Path(args.json).write_text(json.dumps(result, ensure_ascii=False), encoding='utf-8')
    if evaluation is None:
        return 1
    if args.json != '-':
        print_table(result)
    return write_page(args, evaluation) if args.report else 0


def write_page(args: argparse.Namespace, evaluation: FileEvaluation) -> int:
    try:
        page = write_report(evaluation, args.report, args.images, args.report_photos)
    except OSError as error:
        print(f'the report cannot be written: {error}', file=sys.stderr)
        return 1
    if args.json != '-':
        print(f'report: {page}')
    return 0


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f'wanted 0 or more, got {text}')
    return value


if __name__ == '__main__':
    sys.exit(main())
