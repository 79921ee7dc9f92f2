"""``clipter``: one command line for all commands of ``pipeline.cli``."""

from __future__ import annotations

import argparse
import difflib
import sys
from importlib import import_module, metadata

from pipeline.cli.commands import COMMANDS, GROUPS, module_of


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Name of the command and its arguments; None for those of the process.

    Returns:
        The exit status of the command.
    """
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog='clipter',
        usage='clipter COMMAND [ARGUMENTS ...]',
        description='Scene-text spotting with a CLIPTER context-augmented recognizer.',
        epilog=_command_list(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--version', action='store_true', help='show the version and exit')
    parser.add_argument('command', nargs='?', metavar='COMMAND', help='one of the commands below')
    args = parser.parse_args(argv[:1])
    if args.version:
        print(f'clipter {_version()}')
        return 0
    if args.command is None:
        parser.print_help(sys.stderr)
        return 2
    name = args.command.replace('_', '-')  # MMOCR's tools have underscores
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS)
        hint = f'did you mean {" or ".join(near)}?' if near else 'clipter --help lists them'
        parser.error(f'no command {args.command}: {hint}')
    status: int = import_module(module_of(name)).main(argv[1:])
    return status


def _version() -> str:
    try:
        return metadata.version('clipter-spotter')
    except metadata.PackageNotFoundError:
        return 'unknown (not installed)'


def _command_list() -> str:
    width = max(map(len, COMMANDS))
    blocks = [
        '\n'.join([f'{title}:', *(f'  {name:{width}}  {line}' for name, line in group.items())])
        for title, group in GROUPS.items()
    ]
    examples = ['examples:', '  clipter infer photo.jpg', '  clipter infer --help']
    return '\n\n'.join([*blocks, '\n'.join(examples)])


if __name__ == '__main__':
    sys.exit(main())
