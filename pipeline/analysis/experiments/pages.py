"""Files of the report: Markdown, JSON and one HTML page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.analysis.context.word_reader import cut_words
from pipeline.analysis.experiments.experiments import training_words
from pipeline.analysis.experiments.plan import Run
from pipeline.analysis.experiments.report import conclude, make_sections
from pipeline.analysis.experiments.settings import Settings
from pipeline.analysis.experiments.summary import summarize
from pipeline.analysis.gt_images import read_gt_images
from pipeline.analysis.report_sections import as_html, as_markdown, html_page
from pipeline.analysis.word_groups import measure_sharpness
from pipeline.rectification import Rectifier
from pipeline.utils.atomic_write import write_whole

_QUICK = 'A quick run checks that the command works; its numbers mean nothing. '


def report_experiments(
    settings: Settings,
    runs: Sequence[Run],
    results: Mapping[str, Mapping[int, Mapping[str, Any]]],
    quick: bool = False,
) -> str:
    """Write ``report.md``, ``report.json`` and ``report.html``, and return the Markdown.

    Args:
        settings: Settings of the experiments.
        runs: Runs in the order of the tables.
        results: Results of :func:`run_experiments`.
        quick: Whether the runs are too short for conclusions.
    """
    photos = {
        name: read_gt_images([path])[: settings.photos] for name, path in settings.tests.items()
    }
    rectifier = Rectifier(size=(32, 128))
    sharpness = {
        name: [measure_sharpness(crop) for crop in cut_words(images, rectifier).crops]
        for name, images in photos.items()
    }
    train_words = training_words(settings.data)
    summary = summarize(runs, results, photos, sharpness, train_words)
    lead = _QUICK if quick else conclude(summary)
    sections = make_sections(summary, settings.claimed())
    title = 'CLIPTER: experiments'
    text = f'# {title}\n\n{lead}\n\n{as_markdown(sections)}'
    numbers = json.dumps({'conclusion': lead, **summary}, indent=2, ensure_ascii=False)
    write_whole(settings.out / 'report.md', text)
    write_whole(settings.out / 'report.json', numbers + '\n')
    write_whole(settings.out / 'report.html', html_page(title, lead, as_html(sections)))
    return text
