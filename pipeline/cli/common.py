"""What all commands share: argument types, the parser, the error frame and the exit statuses.

======  =====================================================================
Status  Meaning
======  =====================================================================
0       Everything is done.
1       Some inputs failed, and the others are done.
2       Usage, config or environment is wrong; ``error: ...`` is on stderr.
130     The user interrupted the command.
======  =====================================================================

This module imports nothing heavy, so that help and usage errors are fast. Commands import torch
and the rest of ``pipeline`` inside the function that ``run_command`` calls.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pipeline.cli.choices import PRECISIONS
from pipeline.cli.commands import COMMANDS
from pipeline.cli.error_lines import say_error
from pipeline.cli.model_zoo import MODELS

DONE = 0
SOME_FAILED = 1
WRONG = 2
INTERRUPTED = 130

USER_ERRORS = (ValueError, OSError, ImportError, KeyError)
"""Errors whose cause is the command line, a config, a file or a missing package."""


class CommandError(Exception):
    """Wrong usage, config or environment: ends the command with status 2.

    Args:
        messages: Errors, one per ``error: ...`` line.
        note: Last line, printed without ``error:``.
    """

    def __init__(self, *messages: str, note: str | None = None) -> None:
        super().__init__('\n'.join(messages))
        self.messages = messages
        self.note = note


class Interrupted(KeyboardInterrupt):
    """An interrupt with a message about how to go on: ends the command with status 130."""


def run_command(work: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command inside the error frame.

    Args:
        work: Function of the command, which returns ``DONE`` or ``SOME_FAILED``.
        args: Parsed command line.

    Returns:
        The exit status. Errors other than ``CommandError`` and ``USER_ERRORS`` are bugs and pass
        through with their traceback.
    """
    try:
        status = work(args)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        return _close_stdout()
    except CommandError as error:
        for message in error.messages:
            print_error(message)
        if error.note:
            print(error.note, file=sys.stderr)
    except USER_ERRORS as error:
        print_error(say_error(error))
    except KeyboardInterrupt as error:
        print(str(error) or 'interrupted', file=sys.stderr)
        return INTERRUPTED
    return WRONG


def print_error(message: str) -> None:
    """Print one error line to stderr."""
    print(f'error: {message}', file=sys.stderr)


def read_annotation(path: Path) -> dict[str, Any]:
    """Read MMOCR JSON.

    Raises:
        CommandError: If the file cannot be read or has no ``data_list``.
    """
    try:
        annotation: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise CommandError(f'{path}: wanted MMOCR JSON: {error}') from error
    if 'data_list' not in annotation:
        raise CommandError(f'{path}: wanted MMOCR JSON with a data_list')
    return annotation


def keep_traceback(work_dir: str | os.PathLike[str]) -> str:
    """Write the traceback of the current error to ``error.txt``; returns the line about it."""
    path = Path(work_dir) / 'error.txt'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(traceback.format_exc(), encoding='utf-8')
    return f'(traceback: {path})'


def _close_stdout() -> int:
    """End quietly when the reader of stdout, such as ``head``, has closed it."""
    with contextlib.suppress(OSError, ValueError):  # raised where stdout is not a file
        # Python flushes stdout at exit, which would fail again.
        stdout = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)
    return SOME_FAILED


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one line, without the usage block."""

    def error(self, message: str) -> NoReturn:
        unknown = message.partition('unrecognized arguments: ')[2].split()
        for name in unknown:
            near = difflib.get_close_matches(
                name.partition('=')[0], self._option_string_actions, cutoff=0.7
            )
            if name.startswith('--') and near:
                message += f'; did you mean {near[0]}?'
        self.exit(WRONG, f'error: {message} (see {self.prog} --help)\n')


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions and examples, and adds defaults to the help texts."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help
        default = action.default
        if not text or 'default' in text or not action.option_strings or action.required:
            return text
        if default in (None, False, argparse.SUPPRESS):
            return text
        if isinstance(default, (list, tuple)):
            default = ' '.join(map(str, default))
        return f'{text} (default: {default})'.replace('%', '%%')


def make_parser(
    name: str, examples: Sequence[str], details: str | None = None
) -> argparse.ArgumentParser:
    """The parser of a command.

    Args:
        name: Name of the command, a key of ``COMMANDS``.
        examples: Command lines without ``clipter NAME``, shown at the end of ``--help``.
        details: Paragraph after the description.
    """
    lines = [f'  clipter {name} {example}'.rstrip() for example in examples]
    return _Parser(
        prog=f'clipter {name}',
        description='\n\n'.join(filter(None, (COMMANDS[name], details))),
        epilog='\n'.join([f'example{"s" if len(lines) > 1 else ""}:', *lines]),
        formatter_class=_HelpFormatter,
        allow_abbrev=False,  # a misspelled option is an error
    )


def changed_options(
    parser: argparse.ArgumentParser, args: argparse.Namespace, names: Sequence[str]
) -> str:
    """The options among ``names`` that differ from their defaults, joined by commas.

    Commands refuse options that would have no effect.

    Args:
        parser: Parser of the command.
        args: Parsed command line.
        names: Attributes of ``args``.
    """
    changed = [name for name in names if getattr(args, name) != parser.get_default(name)]
    return ', '.join('--' + name.replace('_', '-') for name in changed)


def add_device(parser: argparse.ArgumentParser, default: str = 'auto') -> None:
    """Add ``--device``."""
    parser.add_argument(
        '--device', type=device_name, default=default, help='auto, cpu, cuda[:N] or mps'
    )


def add_precision(parser: argparse.ArgumentParser) -> None:
    """Add ``--precision``."""
    parser.add_argument(
        '--precision', choices=PRECISIONS,
        help='number format of the networks in torch: half precision is faster on GPUs',
    )  # fmt: skip


def add_spotter(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``, ``--config`` and ``--checkpoint`` of a spotter."""
    spotter = parser.add_mutually_exclusive_group()
    spotter.add_argument(
        '--model',
        choices=MODELS,
        action=_ChooseModel,
        help='a model of clipter models: its config, weights and image size',
    )
    spotter.add_argument(
        '--config', metavar='CFG', help='spotting config, path or name (default: embedded)'
    )
    parser.add_argument(
        '--checkpoint', metavar='FILE', help="weights of the spotter (default: the config's own)"
    )


class _ChooseModel(argparse.Action):
    """Sets ``config``, ``checkpoint`` and ``long_side`` to those of a model."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        model = MODELS[values]
        weights = model.weights(values)
        if model.long_side is not None:
            if '--long-side' not in parser._option_string_actions:
                parser.error(
                    f'--model {values} is the embedded default with --long-side '
                    f'{model.long_side}, which this command does not have: use --model default'
                )
            if namespace.long_side is None:
                namespace.long_side = model.long_side
        namespace.model = values
        namespace.config = model.config
        if weights is not None and namespace.checkpoint is None:
            namespace.checkpoint = str(weights)


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--cfg-options``; ``config_files`` parses the values."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        type=key_value,
        metavar='KEY=VALUE',
        help='overrides of config entries',
    )


def positive_int(text: str) -> int:
    """Argument type: a whole number of at least 1."""
    return _whole_number(text, 1)


def count(text: str) -> int:
    """Argument type: a whole number of at least 0."""
    return _whole_number(text, 0)


def positive_float(text: str) -> float:
    """Argument type: a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = float('nan')
    if not 0 < value < float('inf'):
        raise argparse.ArgumentTypeError(f'wanted a number above 0, got {text}')
    return value


def share(text: str) -> float:
    """Argument type: a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = float('nan')
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f'wanted a number from 0 to 1, got {text}')
    return value


def device_name(text: str) -> str:
    """Argument type: ``auto``, ``cpu``, ``cuda[:N]`` or ``mps``."""
    if not re.fullmatch(r'auto|cpu|cuda(:\d+)?|mps', text):
        raise argparse.ArgumentTypeError(f'wanted auto, cpu, cuda[:N] or mps, got {text}')
    return text


def existing_file(text: str) -> Path:
    """Argument type: the path of an existing file."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f'wanted an existing file, got {text}')
    return path


def existing_folder(text: str) -> Path:
    """Argument type: the path of an existing folder."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f'wanted an existing folder, got {text}')
    return path


def key_value(text: str) -> str:
    """Argument type: ``KEY=VALUE``."""
    if '=' not in text.lstrip('='):
        raise argparse.ArgumentTypeError(f'wanted KEY=VALUE, got {text}')
    return text


def _whole_number(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f'wanted a whole number of at least {least}, got {text}')
    return value
