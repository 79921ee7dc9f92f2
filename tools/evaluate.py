"""Score predictions by the ICDAR end-to-end, word-spotting and detection protocols."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pipeline.evaluation.protocols import load_words
from pipeline.evaluation.scoring import TASKS, ScoringRules, score_images
from pipeline.evaluation.submission import SubmissionError
from pipeline.evaluation.summary import evaluation_summary


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--gt', required=True, help='folder or zip of ground truth')
    parser.add_argument('--pred', required=True, help='folder or zip of predictions')
    parser.add_argument('--protocol', required=True, choices=['icdar2015'])
    parser.add_argument('--task', default='e2e', choices=TASKS)
    parser.add_argument('--iou', type=float, default=0.5)
    parser.add_argument('--area-precision', type=float, default=0.5)
    parser.add_argument('--confidences', action='store_true')
    parser.add_argument('--strip', choices=['edge', 'all'], default='edge')
    parser.add_argument('--min-length', type=int, default=3)
    parser.add_argument('--json', metavar='PATH', help='write the numbers there; - prints them')
    return parser.parse_args(argv)


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    gt, det = load_words(args.gt, args.pred, args.protocol, args.confidences)
    rules = ScoringRules(
        iou=args.iou,
        area_precision=args.area_precision,
        strip=args.strip,
        min_length=args.min_length,
        confidences=args.confidences,
        reject_empty_gold=True,
    )
    summary = evaluation_summary(score_images(gt, det, rules), args.task)
    return {'calculated': True, 'message': '', 'task': args.task} | summary


def print_table(result: dict[str, Any]) -> None:
    print(f'{"":12}{"precision":>10}{"recall":>10}{"hmean":>10}{"matched":>9}{"gold":>7}{"pred":>7}')
    for task in TASKS:
        row = result[task]
        numbers = ''.join(f'{row[key]:10.4f}' for key in ('precision', 'recall', 'hmean'))
        print(f'{task:12}{numbers}{row["matched"]:9d}{row["gt_care"]:7d}{row["det_care"]:7d}')


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        result = evaluate(args)
    except (SubmissionError, ValueError) as error:
        print(error, file=sys.stderr)
        result = {'calculated': False, 'message': str(error)}
    if args.json == '-':
        print(json.dumps(result, ensure_ascii=False))
    else:
        if args.json:
            Path(args.json).write_text(json.dumps(result, ensure_ascii=False), encoding='utf-8')
        if result['calculated']:
            print_table(result)
    return 0 if result['calculated'] else 1


if __name__ == '__main__':
    sys.exit(main())
