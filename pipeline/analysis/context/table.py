"""Tables and conclusion of a diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.markdown import number
from pipeline.analysis.report_sections import Section, as_markdown

_NAMES = {
    'off': 'off',
    'on': 'on',
    'swapped': "another image's tokens",
    'random_encoder': 'random encoder',
    'mean_token': 'mean token',
}


def format_diagnosis(summary: Mapping[str, Any]) -> str:
    """Format the summary of a :class:`Diagnosis` as Markdown, with its conclusion first."""
    return f'{conclude_diagnosis(summary)}\n\n{as_markdown(diagnosis_sections(summary))}'.rstrip()


def conclude_diagnosis(summary: Mapping[str, Any]) -> str:
    """One sentence: what follows from the numbers."""
    if not any(summary['gate'].values()):
        return 'The gate is closed: context has no effect.'
    changed = summary['changed']['any']['words']
    if not changed:
        return 'The gate is open, but context changes no word.'
    on = summary['accuracy']['on']['alphanumeric']
    over_off, over_swapped = on['over_off'], on['over_swapped']
    numbers = f'accuracy over context off {interval(over_off, signed=True)}'
    if over_off['low'] is not None and over_off['low'] > 0:
        if over_swapped['low'] is not None and over_swapped['low'] > 0:
            return f"Context helps, and another image's tokens do not help as much: {numbers}."
        return (
            f"The fusion helps, but another image's tokens help as much: {numbers}. The gain does "
            'not come from the scene.'
        )
    if over_off['high'] is not None and over_off['high'] < 0:
        return f'Context hurts: {numbers}.'
    return f'Context changes {changed} words, and no gain or loss is shown: {numbers}.'


def diagnosis_sections(summary: Mapping[str, Any]) -> list[Section]:
    """The tables of a diagnosis, for Markdown and HTML."""
    gates = ', '.join(f'{name} {value:+.4f}' for name, value in summary['gate'].items())
    sections = [
        Section(
            'Accuracy at the ground truth',
            f'{summary["words"]} words in {summary["photos"]} images; '
            '[95 % intervals over images]. Differences are paired.',
            ('context', 'alphanumeric', 'over off', 'exact', 'over off'),
            _accuracy(summary),
            [f'Gate, tanh(alpha): {gates}'],
        ),
        Section('Changed words', '', ('words', 'number', 'share'), _changes(summary['changed'])),
    ]
    if summary['end_to_end'] is not None:
        columns = ('context', 'precision', 'recall', 'hmean', 'over off')
        rows = _end_to_end(summary['end_to_end'])
        sections.append(Section('End to end, without a lexicon', '', columns, rows))
    header = ('words by', 'number', 'off', 'on', 'swapped', 'on over off')
    sections.append(Section('Groups of words', '', header, _groups(summary['groups'])))
    if summary['misleading'] is not None:
        sections.append(_misleading(summary['misleading']))
    sections.append(_cost(summary))
    return sections


def _accuracy(summary: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for name, rules in summary['accuracy'].items():
        cells = []
        for rule in ('alphanumeric', 'exact'):
            cells += [interval(rules[rule]), interval(rules[rule].get('over_off'), signed=True)]
        rows.append([_NAMES[name], *cells])
    return rows


def _changes(changed: Mapping[str, Any]) -> list[list[object]]:
    rows = [('changed by context', changed['any'])]
    rows += [(f'for the {kind}', changed['alphanumeric'][kind]) for kind in ('better', 'worse')]
    rows += [('right or wrong both times', changed['alphanumeric']['neither'])]
    return [[name, share['words'], interval(share)] for name, share in rows]


def _end_to_end(scores: Mapping[str, Any]) -> list[list[str]]:
    return [
        [
            _NAMES[name],
            number(score['precision']),
            number(score['recall']),
            interval(score['hmean']),
            interval(score.get('hmean_over_off'), signed=True),
        ]
        for name, score in scores.items()
    ]


def _groups(groups: Mapping[str, Any]) -> list[list[object]]:
    return [
        [
            f'{kind}: {group["name"]}',
            group['words'],
            *(number(group[name]) for name in ('off', 'on', 'swapped')),
            interval(group['on_over_off'], signed=True),
        ]
        for kind, members in groups.items()
        for group in members
    ]


def _misleading(result: Mapping[str, Any]) -> Section:
    title = 'Misleading context'
    if not result['words']:
        return Section(title, 'The vocabulary has no word to misspell.')
    keys = ('as_written', 'corrected', 'otherwise', 'spelled_right')
    change = interval(result['corrected_difference'], signed=True)
    return Section(
        title,
        f'{result["words"]} clear, misspelled words drawn into the images. Context must not '
        'correct them.',
        ('context', 'as written', 'corrected', 'otherwise', 'the same words spelled correctly'),
        [[name, *(number(result[name][key]) for key in keys)] for name in ('off', 'on')],
        [f'Corrected, on over off: {change}'],
    )


def _cost(summary: Mapping[str, Any]) -> Section:
    cost = summary['cost']
    seconds, memory = cost['seconds_a_photo'], cost['memory_mib']
    ways = ('off', 'on', 'tower')
    words = cost['words'] / max(cost['photos'], 1)
    rows = [
        ['seconds per image', *(f'{seconds[name]:.4f}' for name in ways)],
        ['process, peak MiB', *(_mib(memory[name]['process']) for name in ways)],
    ]
    if memory['on']['device'] is not None:
        rows.append(['device, peak MiB', *(_mib(memory[name]['device']) for name in ways)])
    counts = ', '.join(f'{name} {value / 1e6:.2f} M' for name, value in cost['parameters'].items())
    stages = ', '.join(f'{name} {value:.1f} s' for name, value in summary['seconds'].items())
    return Section(
        'Time and memory',
        f'{words:.1f} words per image, read from given crops on {cost["device"]}.',
        ('measured', 'off', 'on', 'tower only'),
        rows,
        [f'Parameters: {counts}', f'This diagnosis took: {stages}'],
    )


def interval(estimate: Mapping[str, Any] | None, signed: bool = False) -> str:
    """``0.812 [0.790, 0.834]``, or a dash without a value."""
    if estimate is None or estimate['value'] is None:
        return '-'
    style = '+.3f' if signed else '.3f'
    text = format(estimate['value'], style)
    if estimate['low'] is None:
        return text
    return f'{text} [{format(estimate["low"], style)}, {format(estimate["high"], style)}]'


def _mib(value: float | None) -> str:
    return 'unknown' if value is None else f'{value:.0f}'
