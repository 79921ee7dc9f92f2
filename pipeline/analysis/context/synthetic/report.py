"""Text table of the benchmark result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.context.synthetic.vocabulary import ROLES

_ROWS = {
    'plain': 'without context',
    'context': 'with context',
    'swapped': "with another kind's scene",
    'random_encoder': 'with a random tower',
}


def format_table(result: Mapping[str, Any]) -> str:
    """Format the result of :func:`run_benchmark` as a Markdown table, gates and times below."""
    words = result['words']
    lines = [
        '| word accuracy | ' + ' | '.join(f'{role} ({words[role]})' for role in ROLES) + ' |',
        '|---' * (len(ROLES) + 1) + '|',
    ]
    for key, name in _ROWS.items():
        cells = ' | '.join(f'{result[key][role]:.3f}' for role in ROLES)
        lines.append(f'| {name} | {cells} |')
    seconds = result['seconds']
    clip = result['clip_zero_shot']
    lines += [
        '',
        f'best guess without the scene   {result["chance"]:.3f} of the ambiguous words',
        f'gate, informative scenes       {result["gate"]:.3f}',
        f'gate, uninformative scenes     {result["gate_without_information"]:.3f}',
        *(
            f'{"met    " if met else "NOT MET"} {what}'
            for what, met in result['requirements'].items()
        ),
        *([] if clip is None else [f'zero-shot accuracy of CLIP     {clip:.3f}']),
        f'seconds                        {sum(seconds.values()):.0f} '
        f'({", ".join(f"{name} {value:.0f}" for name, value in seconds.items())}), '
        f'{sum(result["cpu_seconds"].values()):.0f} of processor time',
    ]
    return '\n'.join(lines)
