"""``clipter models``: the models that ``--model`` names."""

from __future__ import annotations

import argparse
import sys

from pipeline.cli.common import DONE, make_parser, run_command
from pipeline.cli.model_zoo import MODELS


def main(argv: list[str] | None = None) -> int:
    """List the models, or print the recipe of one; returns the exit status."""
    parser = make_parser(
        'models',
        ['', 'multilingual'],
        'With NAME it prints the commands that make the weights of a model.',
    )
    parser.add_argument('name', nargs='?', choices=MODELS, metavar='NAME', help=', '.join(MODELS))
    return run_command(_models, parser.parse_args(argv))


def _models(args: argparse.Namespace) -> int:
    if args.name is not None:
        print(recipe(args.name))
        return DONE
    for name, model in MODELS.items():
        weights = model.weights(name)
        if weights is None:
            state = 'included'
        elif weights.is_file():
            state = f'in {weights}'
        else:
            state = f'to be made: clipter models {name}'
        print(f'{name:13} {model.about} ({state})')
    return DONE


def recipe(name: str) -> str:
    """What to download and the commands that make the weights of a model."""
    model = MODELS[name]
    lines = [f'{name}: {model.about}']
    if not model.recipe:
        return '\n'.join(
            [*lines, 'weights are included', f'clipter infer photo.jpg --model {name}']
        )
    commands = [*model.recipe, f'clipter infer photo.jpg --model {name}']
    return '\n'.join([*lines, f'to download: {model.download}', *commands])


if __name__ == '__main__':
    sys.exit(main())
