"""The shell commands and Python examples of README and docs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [
    *[ROOT / name for name in ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'data/README.md')],
    ROOT / 'pipeline' / 'weights' / 'README.md',
    ROOT / 'pipeline' / 'datasets' / 'synthetic' / 'README.md',
    *sorted((ROOT / 'docs').rglob('*.md')),
]
SHELLS = ('bash', 'sh', 'console')


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def label(self) -> str:
        return f'{self.page.relative_to(ROOT)}:{self.line}'


class Command(NamedTuple):
    """A command of this project in a shell block."""

    block: Block
    name: str
    arguments: list[str]

    @property
    def label(self) -> str:
        return f'{self.block.label}: clipter {self.name} {shlex.join(self.arguments)}'


def fenced_blocks(page: Path) -> Iterator[Block]:
    pattern = r'^( *)```(\w*)\n(.*?)^\1```$'
    text = page.read_text(encoding='utf-8')
    for match in re.finditer(pattern, text, re.MULTILINE | re.DOTALL):
        line = text.count('\n', 0, match.start()) + 1
        yield Block(page, line, match[2], re.sub(f'^{match[1]}', '', match[3], flags=re.M))


BLOCKS = [block for page in PAGES for block in fenced_blocks(page)]


def shell_commands(text: str) -> Iterator[list[str]]:
    """Words of each simple command of a shell block, calls of its functions expanded."""
    functions: dict[str, list[str]] = {}
    for line in text.replace('\\\n', ' ').split('\n'):
        line = line.removeprefix('$ ').strip()
        definition = re.fullmatch(r'(\w+)\(\) \{ (.*); \}', line)
        if definition:
            functions[definition[1]] = shlex.split(definition[2])
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars='();&|')
        lexer.whitespace_split = True
        command: list[str] = []
        for token in [*lexer, ';']:
            if set(token) <= set('();&|'):
                if command and command[0] in functions:
                    command = expand(functions[command[0]], command[1:])
                yield command
                command = []
            else:
                command.append(token)


def expand(body: list[str], arguments: list[str]) -> list[str]:
    """The body of a shell function with ``$1``, ``$@`` and ``${@:N}`` replaced."""
    expanded: list[str] = []
    for token in body:
        rest = re.fullmatch(r'\$(?:@|\{@:(\d)\})', token)
        if rest:
            expanded += arguments[int(rest[1] or 1) - 1 :]
        else:
            expanded.append(re.sub(r'\$(\d)', lambda n: arguments[int(n[1]) - 1], token))
    return expanded


def project_commands(block: Block) -> Iterator[Command]:
    """The commands of a block that start ``clipter`` or a file of ``tools``."""
    for words in shell_commands(block.text):
        for i, word in enumerate(words):
            if word == 'clipter' and i == 0 and len(words) > 1:
                yield Command(block, words[1], words[2:])
                break
            if word == 'pipeline.cli' and words[i - 1] == '-m':
                yield Command(block, words[i + 1], words[i + 2 :])
                break
            if re.fullmatch(r'tools/\w+\.py', word):
                assert (ROOT / word).is_file(), f'{block.label}: there is no {word}'
                name = Path(word).stem.replace('_', '-')
                yield Command(block, name, words[i + 1 :])
                break


COMMAND_LINES = [
    command for block in BLOCKS if block.language in SHELLS for command in project_commands(block)
]
