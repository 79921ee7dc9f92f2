"""Markdown tables of a diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = {
    'off': 'off',
    'on': 'on',
    'swapped': "another image's tokens",
    'random_encoder': 'random encoder',
    'mean_token': 'mean token',
}


def format_diagnosis(summary: Mapping[str, Any]) -> str:
    """Format the summary of a :class:`Diagnosis` as Markdown tables."""
    parts = [
        f'{summary["words"]} words in {summary["photos"]} images; [95 % intervals over photos]',
        _accuracy(summary),
        _changes(summary['changed']),
        'Gate, tanh(alpha): '
        + ', '.join(f'{name} {value:+.4f}' for name, value in summary['gate'].items()),
    ]
    if not any(summary['gate'].values()):
        parts.append('The gate is closed, as before training: context cannot change a reading.')
    if summary['end_to_end'] is not None:
        parts.append(_end_to_end(summary['end_to_end']))
    parts.append(_groups(summary['groups']))
    if summary['misleading'] is not None:
        parts.append(_misleading(summary['misleading']))
    parts.append(_cost(summary['cost']))
    return '\n\n'.join(parts)


def _accuracy(summary: Mapping[str, Any]) -> str:
    lines = [
        '| context | alphanumeric | over off | exact | over off |',
        '|---|---|---|---|---|',
    ]
    for name, rules in summary['accuracy'].items():
        cells = []
        for rule in ('alphanumeric', 'exact'):
            cells += [interval(rules[rule]), interval(rules[rule].get('over_off'), signed=True)]
        lines.append(f'| {_NAMES[name]} | {" | ".join(cells)} |')
    return '\n'.join(lines)


def _changes(changed: Mapping[str, Any]) -> str:
    rows = [('changed by context', changed['any'])]
    rows += [(f'for the {kind}', changed['alphanumeric'][kind]) for kind in ('better', 'worse')]
    rows += [('right or wrong both times', changed['alphanumeric']['neither'])]
    lines = ['| words | number | share |', '|---|---|---|']
    lines += [f'| {name} | {share["words"]} | {interval(share)} |' for name, share in rows]
    return '\n'.join(lines)


def _end_to_end(scores: Mapping[str, Any]) -> str:
    lines = ['| end to end | precision | recall | hmean | over off |', '|---|---|---|---|---|']
    for name, score in scores.items():
        lines.append(
            f'| {_NAMES[name]} | {_number(score["precision"])} | {_number(score["recall"])} | '
            f'{interval(score["hmean"])} | {interval(score.get("hmean_over_off"), signed=True)} |'
        )
    return '\n'.join(lines)


def _groups(groups: Mapping[str, Any]) -> str:
    lines = ['| words by | number | off | on | swapped | on over off |', '|---' * 6 + '|']
    for kind, members in groups.items():
        for group in members:
            cells = [_number(group[name]) for name in ('off', 'on', 'swapped')]
            change = interval(group['on_over_off'], signed=True)
            lines.append(
                f'| {kind}: {group["name"]} | {group["words"]} | {" | ".join(cells)} | {change} |'
            )
    return '\n'.join(lines)


def _misleading(result: Mapping[str, Any]) -> str:
    if not result['words']:
        return 'Misspelled words: the vocabulary has no word to misspell.'
    lines = [
        f'| {result["words"]} misspelled words | as written | corrected | otherwise | '
        'the same words spelled correctly |',
        '|---|---|---|---|---|',
    ]
    for name in ('off', 'on'):
        row = result[name]
        cells = [row[key] for key in ('as_written', 'corrected', 'otherwise', 'spelled_right')]
        lines.append(f'| {name} | {" | ".join(_number(value) for value in cells)} |')
    change = interval(result['corrected_difference'], signed=True)
    return '\n'.join([*lines, '', f'Corrected, on over off: {change}'])


def _cost(cost: Mapping[str, Any]) -> str:
    seconds, memory = cost['seconds_a_photo'], cost['memory_mib']
    words = cost['words'] / max(cost['photos'], 1)
    lines = [
        f'| {words:.1f} words per image, {cost["device"]} | off | on | tower only |',
        '|---|---|---|---|',
        '| seconds per image | '
        + ' | '.join(f'{seconds[name]:.4f}' for name in ('off', 'on', 'tower'))
        + ' |',
        '| process, peak MiB | '
        + ' | '.join(_mib(memory[name]['process']) for name in ('off', 'on', 'tower'))
        + ' |',
    ]
    if memory['on']['device'] is not None:
        cells = [_mib(memory[name]['device']) for name in ('off', 'on', 'tower')]
        lines.append(f'| device, peak MiB | {" | ".join(cells)} |')
    counts = ', '.join(f'{name} {value / 1e6:.2f} M' for name, value in cost['parameters'].items())
    return '\n'.join([*lines, '', f'Parameters: {counts}'])


def interval(estimate: Mapping[str, Any] | None, signed: bool = False) -> str:
    """``0.812 [0.790, 0.834]``, or a dash without a value."""
    if estimate is None or estimate['value'] is None:
        return '-'
    style = '+.3f' if signed else '.3f'
    text = format(estimate['value'], style)
    if estimate['low'] is None:
        return text
    return f'{text} [{format(estimate["low"], style)}, {format(estimate["high"], style)}]'


def _number(value: float | None) -> str:
    return '-' if value is None else f'{value:.3f}'


def _mib(value: float | None) -> str:
    return 'unknown' if value is None else f'{value:.0f}'
