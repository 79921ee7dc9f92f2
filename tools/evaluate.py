"""Score predictions by the ICDAR end-to-end, word-spotting and detection protocols."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pipeline.evaluation.file_evaluation import LexiconChoice, evaluate_files
from pipeline.evaluation.protocols import PROTOCOLS
from pipeline.evaluation.scoring import TASKS, ScoringRules


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add('--gt', required=True, metavar='PATH', help='folder or zip of ground truth')
    add('--pred', required=True, metavar='PATH', help='folder or zip of predictions')
    add('--protocol', required=True, choices=PROTOCOLS)
    add('--task', default='e2e', choices=TASKS, help='whose numbers come first')
    add('--lexicon', metavar='PATH', help='lists, one a photo (strong), or one list (the others)')
    add('--lexicon-level', choices=['strong', 'weak', 'generic', 'full'])
    add(
        '--lexicon-rule',
        choices=['adelaidet', 'testr', 'davar', 'mask-textspotter', 'spts'],
        default='adelaidet',
        help='whose way of using the lexicon',
    )
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
    args = parser.parse_args(argv)
    if bool(args.lexicon) != bool(args.lexicon_level):
        parser.error('--lexicon and --lexicon-level go together')
    return args


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    rules = ScoringRules(
        iou=args.iou,
        area_precision=args.area_precision,
        strip=args.strip,
        min_length=args.min_length,
        confidences=args.confidences,
        reject_empty_gold=args.protocol != 'totaltext',
    )
    lexicon = (
        LexiconChoice(args.lexicon, args.lexicon_level, args.lexicon_rule) if args.lexicon else None
    )
    return evaluate_files(args.gt, args.pred, args.protocol, args.task, rules, lexicon)


def print_table(result: dict[str, Any]) -> None:
    lexicon = result['lexicon']
    used = f'{lexicon["level"]} lexicon, rule {lexicon["rule"]}' if lexicon else 'no lexicon'
    print(f'{result["protocol"]}, {used}')
    with_ap = result['rules']['confidences']
    columns = ['precision', 'recall', 'hmean'] + (['ap'] if with_ap else [])
    print(' ' * 12 + ''.join(f'{c:>10}' for c in columns) + f'{"matched":>9}{"gold":>7}{"pred":>7}')
    for task in TASKS:
        row = result[task]
        numbers = ''.join(f'{row[key]:10.4f}' for key in columns)
        print(f'{task:12}{numbers}{row["matched"]:9d}{row["gt_care"]:7d}{row["det_care"]:7d}')


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        result = evaluate(args)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        result = {'calculated': False, 'message': str(error)}
    if args.json == '-':
        print(json.dumps(result, ensure_ascii=False))
    elif args.json:
        Path(args.json).write_text(json.dumps(result, ensure_ascii=False), encoding='utf-8')
    if result['calculated'] and args.json != '-':
        print_table(result)
    return 0 if result['calculated'] else 1


if __name__ == '__main__':
    sys.exit(main())
