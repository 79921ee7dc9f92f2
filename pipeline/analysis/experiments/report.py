"""Tables and the first sentence of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.analysis.context.table import interval
from pipeline.analysis.markdown import number
from pipeline.analysis.report_sections import Section

_MAIN = ('gated-early', 'only-fusion', 'mhca-early-k2')
"""Runs whose groups of words are listed. The first one that exists gives the conclusion."""


def conclude(summary: Mapping[str, Any]) -> str:
    """One sentence: what the experiments say about context.

    The conclusion is that of the first run in ``_MAIN`` that exists, else of the first run with
    context.

    Args:
        summary: Result of :func:`summarize`.
    """
    with_context = [
        name
        for name, run in summary['runs'].items()
        if run['control'] is not None and not run['group'].startswith('4')  # controls
    ]
    run = next((name for name in (*_MAIN, *with_context) if name in with_context), None)
    if run is None:
        return 'No run with context exists, so nothing follows about context yet.'
    title = summary['runs'][run]['title']
    gains, losses, names = [], [], []
    for name, test in summary['sets'].items():
        difference = test['runs'][run].get('over_control')
        if difference is None or difference['value'] is None:
            continue
        names.append(f'{difference["value"]:+.3f} on {name}')
        gains.append(difference['low'] > 0)
        losses.append(difference['high'] < 0)
    if not names:
        return f'The control of {title} is missing, so nothing follows about context yet.'
    where = f'{", ".join(names)} ({title})'
    if all(gains):
        return f'Context helps: accuracy over the control is {where}, each interval above 0.'
    if any(losses):
        return f'Context hurts: accuracy over the control is {where}, an interval is below 0.'
    return f'No effect of context is shown: accuracy over the control is {where}.'


def make_sections(summary: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Section]:
    """The tables of the report, for Markdown and HTML.

    Args:
        summary: Result of :func:`summarize`.
        settings: Settings, for the last section.
    """
    return [
        *(_accuracies(name, test, summary) for name, test in summary['sets'].items()),
        _fusions(summary),
        *_groups(summary),
        *_misleading(summary),
        Section(
            'Settings',
            header=('setting', 'value'),
            rows=[(key, _value(value)) for key, value in settings.items()],
        ),
    ]


def _accuracies(name: str, test: Mapping[str, Any], summary: Mapping[str, Any]) -> Section:
    rows = []
    for run, entry in test['runs'].items():
        rows.append(
            (
                summary['runs'][run]['title'],
                interval(entry['accuracy']),
                interval(entry.get('over_control'), signed=True),
                interval(entry.get('over_off'), signed=True),
                interval(entry.get('over_swapped'), signed=True),
                interval(entry['hmean']),
                interval(entry.get('hmean_over_control'), signed=True),
            )
        )
    return Section(
        f'{name}: {test["words"]} words in {test["images"]} images',
        'Accuracy of letters and digits at the ground truth, case ignored, without a language '
        'model; end to end without a lexicon. 95 % intervals over images; differences are paired.',
        ('run', 'accuracy', 'over control', 'over context off', "over another image's scene",
         'end-to-end hmean', 'hmean over control'),
        rows,
    )  # fmt: skip


def _fusions(summary: Mapping[str, Any]) -> Section:
    rows = []
    for run in summary['runs'].values():
        cost = run['cost']
        seconds = cost['seconds_a_photo'] if cost else {}
        gates = [value for gate in run['gate'] or [] for value in gate.values()]
        rows.append(
            (
                run['title'],
                ', '.join(f'{gate:+.3f}' for gate in gates) or '-',
                f'{cost["parameters"]["fusion"] / 1e3:.0f} k' if cost else '-',
                number(1000 * seconds['off'], 1) if cost else '-',
                number(1000 * (seconds['on'] - seconds['tower']), 1) if cost else '-',
                number(1000 * seconds['tower'], 1) if cost else '-',
                run['iters'],
                ', '.join(map(str, run['seeds'])),
                f'{sum(run["seconds"]) / 60:.1f}',
            )
        )
    return Section(
        'Gates, parameters and time',
        'Milliseconds per image for reading its words from given crops.',
        ('run', 'gate, tanh(alpha)', 'parameters of the fusion', 'without context, ms',
         'with context, ms', 'tower, ms', 'iterations', 'seeds', 'training, min'),
        rows,
    )  # fmt: skip


def _groups(summary: Mapping[str, Any]) -> list[Section]:
    sections = []
    for run in _MAIN:
        for name, test in summary['sets'].items():
            groups = test['runs'].get(run, {}).get('groups')
            if groups:
                rows = [
                    (
                        group['name'],
                        group['words'],
                        number(group['control']),
                        number(group['own']),
                        interval(group['over_control'], signed=True),
                    )
                    for group in groups
                ]
                title = f'{summary["runs"][run]["title"]}: words of {name} by vocabulary, sharpness'
                header = ('words', 'number', 'control', 'with context', 'over control')
                sections.append(Section(f'{title} and height', header=header, rows=rows))
    return sections


def _misleading(summary: Mapping[str, Any]) -> list[Section]:
    rows = []
    for run in summary['runs'].values():
        result = run['misleading']
        if result and result['words']:
            rows.append(
                (
                    run['title'],
                    result['words'],
                    *(number(result[name]['as_written']) for name in ('off', 'on')),
                    *(number(result[name]['corrected']) for name in ('off', 'on')),
                    interval(result['corrected_difference'], signed=True),
                )
            )
    header = ('run', 'misspelled words', 'as written, off', 'as written, on', 'corrected, off',
              'corrected, on', 'corrected, on over off')  # fmt: skip
    text = 'Clear, misspelled words drawn into test images: context must not correct them.'
    return [Section('Misleading context', text, header, rows)] if rows else []


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ', '.join(f'{key}: {each}' for key, each in value.items()) or '-'
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ', '.join(map(str, value)) or '-'
    return '-' if value is None else str(value)
