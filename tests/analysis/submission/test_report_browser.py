"""The report in Chromium: a script uses the controls of the page."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, FLAGS
from report_files import write_set

from pipeline.analysis.submission import write_report
from pipeline.evaluation.file_evaluation import score_files
from pipeline.evaluation.scoring import ScoringRules

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason='no Chromium or Chrome is installed'),
]

# Looks at the page as a reader sees it, then uses a control and looks again.
STEPS = r"""
<script>
window.addEventListener('load', () => {
  const form = document.getElementById('controls');
  const seen = (element) => element.getClientRects().length > 0;
  const look = () => ({
    photos: [...document.querySelectorAll('.photo-panel')].filter(seen).map((p) => p.dataset.name),
    outlines: [...document.querySelectorAll('.word')].filter(seen).map((w) => w.dataset.kind),
    rows: [...document.querySelectorAll('tr[data-word]')].filter(seen).map((r) => r.dataset.kind),
    found: [...document.querySelectorAll('tr.found')].filter(seen).length,
    count: form.elements.count.value,
  });
  const box = (kind) => form.querySelector(`[value="${kind}"]`).click();
  const set = (name, value) => {
    form.elements[name].value = value;
    form.elements[name].dispatchEvent(new Event('input', { bubbles: true }));
  };
  const result = { title: document.title, start: look() };
  const fit = (p) => [p.querySelector('img'), p.querySelector('svg')].map((part) => {
    const { width, height } = part.getBoundingClientRect();
    return [Math.round(width), Math.round(height)].join(' ');
  });
  result.fits = [...document.querySelectorAll('.picture')].map(fit);
  result.natural = [...document.images].map((i) => `${i.naturalWidth} ${i.naturalHeight}`);
  const strokes = (kind) => {
    const style = getComputedStyle(document.querySelector(`.word.${kind} .over`));
    return [style.stroke, style.strokeDasharray];
  };
  result.strokes = ['matched', 'missed', 'misread', 'spurious'].map(strokes);
  box('matched'); box('missed'); box('misread'); result.spurious = look();
  box('spurious'); result.none = look();
  box('missed'); result.missed = look();
  box('matched'); box('misread'); box('spurious'); result.again = look();
  set('query', 'GHO'); result.word = look();
  set('query', '10'); result.photo = look();
  set('query', ''); set('sort', 'hmean'); result.hmean = look();
  set('sort', 'name'); result.name = look();
  set('sort', 'errors'); result.errors = look();
  const out = document.createElement('pre');
  out.id = 'result';
  out.textContent = JSON.stringify(result);
  document.body.append(out);
});
</script>
"""


@pytest.fixture(scope='module')
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp('report')
    data = write_set(folder / 'set')
    rules = ScoringRules(confidences=True, reject_empty_gt=True)
    page = write_report(
        score_files(data / 'gt', data / 'pred', 'icdar2015', rules=rules), folder / 'report'
    )
    steps = folder / 'steps.html'
    steps.write_text(
        page.read_text(encoding='utf-8').replace('</body>', STEPS + '</body>'), encoding='utf-8'
    )
    return json.loads(unescape(_dump(steps, folder / 'profile')))


def _dump(page: Path, profile: Path) -> str:
    assert CHROMIUM
    done = subprocess.run(
        [
            CHROMIUM,
            *FLAGS,
            '--virtual-time-budget=5000',
            f'--user-data-dir={profile}',
            '--dump-dom',
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'<pre id="result">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    return found[1]


def test_page_shows_all_images_and_words_at_first(used: dict[str, Any]) -> None:
    start = used['start']
    assert start['photos'] == ['1', '2', '10', '11']
    assert sorted(start['outlines']) == sorted(start['rows'])
    assert len(start['rows']) == 11
    assert start['count'] == 'images shown: 4 of 4, words shown: 10'


def test_page_runs_no_text_as_script(used: dict[str, Any]) -> None:
    assert used['title'] == 'Spotting evaluation'


def test_page_draws_polygons_on_the_image(used: dict[str, Any]) -> None:
    assert used['natural'] == ['420 150'] * 4
    assert all(picture == overlay for picture, overlay in used['fits'])


def test_page_kinds_differ_in_color_and_line_style(used: dict[str, Any]) -> None:
    colours, dashes = zip(*used['strokes'])
    assert len(set(colours)) == len(set(dashes)) == 4


def test_page_filter_hides_words_and_empty_images(used: dict[str, Any]) -> None:
    assert used['spurious']['photos'] == ['1']
    assert set(used['spurious']['rows']) == {'spurious', 'dont_care'}
    assert used['none']['photos'] == []
    assert used['missed']['photos'] == ['1', '10']
    assert set(used['missed']['outlines']) == {'missed', 'dont_care'}
    assert used['again'] == used['start']


def test_page_search_finds_words_and_images(used: dict[str, Any]) -> None:
    assert (used['word']['photos'], used['word']['found']) == (['1'], 1)
    assert used['word']['count'] == 'images shown: 1 of 4, words found: 1'
    assert used['photo']['photos'] == ['10']


def test_page_sorts_images(used: dict[str, Any]) -> None:
    assert used['hmean']['photos'] == ['10', '1', '2', '11']
    assert used['name']['photos'] == ['1', '2', '10', '11']
    assert used['errors']['photos'] == ['1', '2', '10', '11']
