"""``clipter draw-demo``: draw the street scene of the README's demo."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipeline.cli.common import DONE, CommandError, make_parser, run_command


def main(argv: list[str] | None = None) -> int:
    """Draw and write the scene; returns the exit status."""
    parser = make_parser(
        'draw-demo',
        ['--out data/demo/scene.jpg'],
        'The picture contains no third-party material. The same seed and fonts give the same '
        "picture. Fonts:\nDebian's fonts-bebas-neue, fonts-lobstertwo, fonts-league-spartan and "
        'fonts-cabin (SIL Open Font\nLicense).',
    )  # fmt: skip
    parser.add_argument('--out', type=Path, required=True, metavar='JPG', help='output file')
    parser.add_argument('--seed', type=int, default=0, help='random seed')
    return run_command(_draw, parser.parse_args(argv))


def _draw(args: argparse.Namespace) -> int:
    import numpy as np
    from PIL import Image

    from pipeline.cli.demo_street import FONT_FILES, draw_street

    missing = [str(font) for font in FONT_FILES if not font.is_file()]
    if missing:
        raise CommandError(f'missing fonts: {", ".join(missing)}')
    image = draw_street(np.random.default_rng(args.seed))
    Image.fromarray(image).save(args.out, quality=92)
    print(args.out)
    return DONE


if __name__ == '__main__':
    sys.exit(main())
