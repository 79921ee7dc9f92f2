"""MkDocs hook: includes files from outside of ``docs`` and rewrites links to such files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = {'data/README.md': 'data.md', 'pipeline/weights/README.md': 'model-card.md'}
"""Files of the repository and the pages that include them."""

_INCLUDE = re.compile(r'<!-- include: (\S+) -->')
_LINK = re.compile(r'(?<!!)\[([^\]]+)\]\(([^)\s]+)\)')


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Replace a page with the file that it includes, and rewrite relative links."""
    source = f'docs/{page.file.src_uri}'
    include = _INCLUDE.search(markdown)
    if include:
        source = include[1]
        markdown = (ROOT / source).read_text(encoding='utf-8')

    def rewrite(link: re.Match[str]) -> str:
        return _rewrite_link(link[1], link[2], source, page.file.src_uri, config.repo_url)

    return _LINK.sub(rewrite, markdown)


def _rewrite_link(text: str, target: str, source: str, page: str, repo_url: str | None) -> str:
    """A link of a file of the repository as a link of a page of the site.

    Links to files that are not on the site lead to ``repo_url``, or become plain text without one.
    """
    path, _, anchor = target.partition('#')
    if '://' in target or not path:
        return f'[{text}]({target})'
    path = os.path.normpath(os.path.join(os.path.dirname(source), path))
    path = PAGES.get(path, path.removeprefix('docs/') if path.startswith('docs/') else path)
    if (ROOT / 'docs' / path).is_file():
        path = os.path.relpath(path, os.path.dirname(page) or '.')
    elif repo_url:
        path = f'{repo_url.rstrip("/")}/blob/main/{path}'
    else:
        return text
    return f'[{text}]({path}{"#" + anchor if anchor else ""})'
