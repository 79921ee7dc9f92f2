"""The documentation: links lead to files, commands are valid, Python examples work."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from doc_commands import BLOCKS, COMMAND_LINES, PAGES, ROOT, Block

from pipeline.cli.commands import COMMANDS, module_of
from pipeline.cli.config_files import find_config
from pipeline.cli.main import main

# Names in capitals stand for files of the reader, for example CONFIG.
PLACEHOLDER = re.compile(r'[A-Z_]+(\.json)?')
# Configs of v0.1's recognizer, which docs/experiments.md names as history.
REMOVED_CONFIGS = {
    'recognition/parseq-compact_synth-real_refine',
    'recognition/parseq-compact_synth-real_large-batch',
}
FORBIDDEN = {
    'is none': r'\bis none\b',
    'are no': r'\bare no\b',
    'a photo a': r'\ba (photo|page|word|crop|line|step|level|second) an?\b',
    'words a photo': r'\b(words|lines|photos|crops) an? (photo|image|word|crop|line|second)\b',
    'alone': r'\balone\b',
    'in their place': r'\bin (its|their) place\b',
    'in place of': r'\bin place of\b',
    'behind': r'\bbehind\b',
    'Of': r'(?m)^(\s*[-*]|\|)?\s*Of (the|a|an|its|his|each)\b',
}


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r'^( *)```.*?^\1```$', '', page.read_text('utf-8'), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as GitHub and MkDocs build them."""
    found: list[str] = []
    for heading in re.findall(r'^#+ +(.*?)#* *$', prose(page), re.MULTILINE):
        text = re.sub(r'\[([^\]]+)\]\([^)]*\)', r'\1', heading)
        slug = re.sub(r'[^\w\- ]', '', text.strip().lower()).replace(' ', '-')
        found.append(f'{slug}-{found.count(slug)}' if slug in found else slug)
    return set(found)


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files_and_anchors(page: Path) -> None:
    for target in re.findall(r'\]\(([^)\s]+)\)', prose(page)):
        if '://' in target or target.startswith('mailto:'):
            continue
        path, _, anchor = target.partition('#')
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f'{page.name}: {target}'
        if anchor:
            assert anchor in anchors(file), f'{page.name}: no heading for {target}'


def test_site_navigation_names_every_page() -> None:
    config = yaml.safe_load((ROOT / 'mkdocs.yml').read_text(encoding='utf-8'))
    named = set(re.findall(r'[\w-]+\.md', str(config['nav'])))
    assert named == {page.name for page in (ROOT / 'docs').glob('*.md')}


def test_api_page_names_existing_objects() -> None:
    names = re.findall(r'^::: (\S+)$', (ROOT / 'docs' / 'api.md').read_text('utf-8'), re.MULTILINE)
    assert names
    for name in names:
        module, _, attribute = name.rpartition('.')
        assert hasattr(import_module(module), attribute), name


def test_readme_stays_short() -> None:
    assert len((ROOT / 'README.md').read_text(encoding='utf-8').splitlines()) <= 125
    assert len((ROOT / 'pipeline/weights/README.md').read_text('utf-8').splitlines()) <= 125


def test_pages_contain_commands() -> None:
    assert len(COMMAND_LINES) > 60
    assert {command.name for command in COMMAND_LINES} <= set(COMMANDS)


@pytest.mark.parametrize('name', sorted({command.name for command in COMMAND_LINES}))
def test_commands_of_the_pages_are_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = parser_of(name, monkeypatch)
    for command in (each for each in COMMAND_LINES if each.name == name):
        try:
            args = parse(command.arguments)
        except SystemExit as end:
            assert not end.code, command.label
            continue
        config = getattr(args, 'config', None)
        if config and not PLACEHOLDER.fullmatch(config) and not is_removed(config):
            assert find_config(config), command.label


def parser_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], Any]:
    """Parses arguments as the command does, without running the command.

    Files and folders of the reader need not exist.
    """
    module = import_module(module_of(name))
    parsed: list[Any] = []

    def keep(work: Any, args: Any) -> int:
        parsed.append(args)
        return 0

    monkeypatch.setattr(module, 'run_command', keep)
    for argument_type in ('existing_file', 'existing_folder'):
        if hasattr(module, argument_type):
            monkeypatch.setattr(module, argument_type, Path)

    def parse(arguments: list[str]) -> Any:
        module.main(arguments)
        return parsed.pop()

    return parse


def is_removed(config: str) -> bool:
    return config.removeprefix('configs/').removesuffix('.py') in REMOVED_CONFIGS


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_exist(page: Path) -> None:
    text = page.read_text(encoding='utf-8')
    pattern = r'(?<![\w/.-])((?:configs|pipeline|tools|tests)/[\w/.*{},-]+)'
    for name in sorted({found.rstrip('.,') for found in re.findall(pattern, text)}):
        if is_removed(name) or name == 'tools/COMMAND.py' or 'weights/default_' in name:
            continue
        head, brace, rest = name.partition('{')
        choices, _, tail = rest.partition('}')
        for choice in choices.split(',') if brace else ['']:
            assert any(ROOT.glob(f'{head}{choice}{tail}')), f'{page.name}: there is no {name}'


@pytest.mark.parametrize(
    'block', [each for each in BLOCKS if each.language == 'python'], ids=lambda block: block.label
)
def test_python_blocks_compile_and_import(block: Block) -> None:
    compile(block.text, block.label, 'exec')  # raises SyntaxError
    imports = [line for line in block.text.split('\n') if re.match(r'(from \S+ )?import ', line)]
    names: dict[str, object] = {}
    exec('\n'.join(imports), names)
    assert len(names) > len(imports)  # a name per import, and the built-in ones


def test_infer_of_the_readme_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo = ROOT / 'data' / 'demo' / 'scene.jpg'
    assert main(['infer', str(demo), '--out', str(tmp_path)]) == 0
    assert 'BAKERY' in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {'scene.json', 'scene.png'}


def test_python_example_of_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = [block for block in BLOCKS if block.page == ROOT / 'README.md']
    (program,) = [block for block in blocks if block.language == 'python']
    (output,) = [block for block in blocks if block.language == 'text']
    monkeypatch.chdir(ROOT)
    exec(compile(program.text, program.label, 'exec'), {})
    printed = capsys.readouterr().out.split('\n')
    texts = [line.split()[0] for line in output.text.split('\n') if ' at ' in line]
    assert len(texts) >= 3
    assert set(texts) <= {line.split()[0] for line in printed if line}


def test_evaluate_example_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (command,) = [
        each
        for each in COMMAND_LINES
        if each.name == 'evaluate' and any('tests/golden' in word for word in each.arguments)
    ]
    monkeypatch.chdir(ROOT)
    assert main(['evaluate', *command.arguments]) == 0
    assert '1.0000' in capsys.readouterr().out


def test_prepare_dataset_list_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['prepare-dataset', '--list']) == 0
    assert 'icdar2015' in capsys.readouterr().out


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_avoid_forbidden_phrases(page: Path) -> None:
    text = prose(page)
    found = [
        f'{name}: ...{text[max(0, hit.start() - 30) : hit.end() + 20]!r}'
        for name, pattern in FORBIDDEN.items()
        for hit in re.finditer(pattern, text)
    ]
    assert not found
