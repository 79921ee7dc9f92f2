"""The options of the commands that read images: which spotter, and its settings."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.choices import ENGINES, ORIENTATIONS
from pipeline.cli.common import CommandError, add_precision, add_spotter, positive_int, share
from pipeline.cli.config_files import find_config, read_config
from pipeline.cli.tower_options import add_tower, set_tower

if TYPE_CHECKING:
    from pipeline.spotter_choice import SpotterChoice


def add_reading_options(parser: argparse.ArgumentParser, min_score_note: str = '') -> None:
    """Add the options of :func:`choose_spotter`, except ``--device``.

    Args:
        parser: Parser of the command.
        min_score_note: End of the help text of ``--min-score``.
    """
    add_spotter(parser)
    add = parser.add_argument
    add(
        '--engine', choices=ENGINES, default='auto',
        help='onnx (ONNX Runtime), openvino (OpenVINO in bfloat16; where that is slow, only the '
        'detector), torch, or auto: onnx for the embedded default on a CPU',
    )  # fmt: skip
    add_precision(parser)
    add('--onnx', type=Path, metavar='DIR', help='folder that clipter export has written')
    add(
        '--context', choices=('on', 'off'),
        help="scene context, in torch (default: off, or the config's own setting); crops have none",
    )  # fmt: skip
    add_tower(parser)
    add(
        '--words', action='append', metavar='FILE',
        help='word list, one word per line, preferred where letters are uncertain; may be '
        "repeated; 'english' is the list in the package, 'none' uses no list (default: those of "
        "the config, 'english' in the embedded default)",
    )  # fmt: skip
    add(
        '--min-score', type=share, metavar='S',
        help='least score of a word, 0 to 1 (default: the value of the config, 0.5 in the embedded '
        f'default){min_score_note}',
    )  # fmt: skip
    add(
        '--charset', metavar='SET',
        help="characters that are read: digits, letters, alphanumeric, a list such as '0123.,€', "
        "or /REGEX/ that each word must match, such as '/[A-Z]{2}[0-9]{4}/'; see also --words none",
    )  # fmt: skip
    add(
        '--orientation', choices=ORIENTATIONS, default='auto',
        help='degrees by which images are rotated clockwise before they are read; auto reads them '
        'as they are, and rotated if their words show that they are not upright',
    )  # fmt: skip
    add(
        '--long-side', type=positive_int, metavar='PX',
        help="long side to which images are resized for the detector (default: the config's own, "
        '1280 in the embedded default); larger values find smaller words and take more time',
    )  # fmt: skip
    add(
        '--tile', type=positive_int, metavar='PX',
        help='maximum side of a detector input, which bounds the memory: larger inputs are cut '
        'into overlapping tiles (default: the long side of the config, 1280 in the embedded '
        'default)',
    )  # fmt: skip


def choose_spotter(
    args: argparse.Namespace, device: str, threads: int | None = None
) -> SpotterChoice:
    """The spotter of a command line, checked as far as possible without loading a network.

    Args:
        args: Options of :func:`add_reading_options`.
        device: Device of the networks.
        threads: Number of threads of ONNX Runtime.

    Raises:
        CommandError: If an option cannot work, or a file that it names is missing.
        ValueError: If options contradict each other.
    """
    words = args.words
    if words and 'none' in words and len(words) > 1:
        raise CommandError('--words none cannot be combined with word lists: leave it out')
    if args.context == 'off' and (args.tower or args.pretrained):
        raise CommandError('--context off uses no tower: leave --tower and --pretrained out')
    config: Any = str(find_config(args.config)) if args.config else None
    from pipeline.spotter_choice import SpotterChoice

    if args.tower is not None or args.pretrained is not None:
        from pipeline.spotter import DEFAULT_CONFIG

        config = read_config(config or str(DEFAULT_CONFIG))
        set_tower(config, args.tower, args.pretrained)
    choice = SpotterChoice(
        config=config,
        checkpoint=args.checkpoint,
        onnx=None if args.onnx is None else str(args.onnx),
        engine=args.engine,
        precision=args.precision,
        device=device,
        threads=threads,
        context=None if args.context is None else args.context == 'on',
        words=[] if words == ['none'] else words,
        min_score=args.min_score,
        charset=args.charset,
        orientation='auto' if args.orientation == 'auto' else int(args.orientation),
        long_side=args.long_side,
        tile=args.tile,
    )
    choice.check()
    files = [name for name in words or [] if name not in ('english', 'none')]
    for name in files:
        if not Path(name).is_file():
            raise CommandError(f"no word list '{name}'. Use 'english' for the built-in list.")
    if args.checkpoint and not Path(args.checkpoint).is_file():
        hint = f'; clipter models {args.model} prints how to make them' if args.model else ''
        raise CommandError(f'no weights at {args.checkpoint}{hint}')
    if args.onnx is not None and not (args.onnx / 'spotter.json').is_file():
        raise CommandError(f'--onnx {args.onnx}: no spotter.json there; clipter export writes one')
    return choice
