"""How published methods use a lexicon: which texts it corrects, and which it drops."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from pipeline.evaluation.lexicon import Lexicon, LexiconMatch
from pipeline.evaluation.words import Words

LexiconRuleName = Literal['adelaidet', 'testr', 'davar', 'mask-textspotter', 'spts']
LexiconLevel = Literal['strong', 'weak', 'generic', 'full']

_DIGIT_OR_PLUS = re.compile('[0-9+]')


@dataclass(frozen=True)
class LexiconRule:
    """One method's rule.

    Attributes:
        limit: A word is taken where its distance is less; otherwise the prediction is dropped.
        unlimited: Levels at which the nearest word is taken however far it is.
        normalized: Whether distances are divided by the longer of text and word.
        by_original: Whether words are compared by original spelling instead of by key.
        prepare: What the method does to predictions before it looks words up.
        keeps: Texts that the lexicon does not touch.
        finish: What it does to each text before it is written.
    """

    limit: float = np.inf
    unlimited: frozenset[str] = frozenset()
    normalized: bool = False
    by_original: bool = False
    prepare: Callable[[Words], Words] = lambda words: words
    keeps: Callable[[str], bool] = lambda text: False
    finish: Callable[[str], str] = lambda text: text


def lexicon_rule(name: LexiconRuleName, curved: bool = False) -> LexiconRule:
    """Look a rule up by the method that published it.

    Args:
        name: ``adelaidet`` (ABCNet v2, DeepSolo), ``testr``, ``davar`` (MANGO),
            ``mask-textspotter`` (v1 and v3, with plain edit distance) or ``spts``.
        curved: Whether the set is Total-Text; TESTR never drops there, SPTS always may.
    """
    if name == 'adelaidet':
        return LexiconRule(limit=1.5, prepare=_adelaidet_predictions)
    if name == 'mask-textspotter':
        return LexiconRule(limit=1.5, unlimited=frozenset({'generic'}))
    if name == 'testr':
        never_dropped = {'strong', 'weak'} if curved else set()
        return LexiconRule(limit=2.5, unlimited=frozenset({'generic', 'full'} | never_dropped))
    if name == 'davar':
        return LexiconRule(
            by_original=True,
            prepare=_davar_predictions,
            keeps=lambda text: len(text) < 3 or bool(_DIGIT_OR_PLUS.search(text)),
            finish=lambda text: text.replace(',', ''),
        )
    if name == 'spts':
        return LexiconRule(
            limit=0.4,
            unlimited=frozenset() if curved else frozenset({'generic'}),
            normalized=True,
            prepare=lambda words: words.take([i for i, t in enumerate(words.texts) if t]),
        )
    raise ValueError(
        "Lexicon rule must be 'adelaidet', 'testr', 'davar', 'mask-textspotter' or 'spts', "
        f'got {name!r}.'
    )


def apply_lexicon(
    det: Mapping[str, Words],
    lexicon_of: Callable[[str], Lexicon],
    rule: LexiconRule,
    level: LexiconLevel,
) -> dict[str, Words]:
    """Correct predictions by a lexicon.

    Args:
        det: Photo name -> predicted words.
        lexicon_of: The lexicon of a photo by its name; one object for all photos is searched once.
        rule: See :func:`lexicon_rule`.
        level: How large the lexicon is, which decides whether far words are taken.

    Returns:
        Photo name -> the words that are left, with the lexicon's spelling.
    """
    prepared = {name: rule.prepare(words) for name, words in det.items()}
    lexicons = {name: lexicon_of(name) for name, words in prepared.items() if len(words)}
    wanted: dict[int, tuple[Lexicon, set[str]]] = {}
    for name, lexicon in lexicons.items():
        looked_up = {text for text in prepared[name].texts if not rule.keeps(text)}
        wanted.setdefault(id(lexicon), (lexicon, set()))[1].update(looked_up)
    matches = {key: _match(*search, rule) for key, search in wanted.items()}

    limit = np.inf if level in rule.unlimited else rule.limit
    corrected = {}
    for name, words in prepared.items():
        found = matches[id(lexicons[name])] if name in lexicons else {}
        hits = [found.get(text, LexiconMatch(text, 0.0)) for text in words.texts]
        left = words.take([i for i, hit in enumerate(hits) if hit.distance < limit])
        texts = [rule.finish(hit.word) for hit in hits if hit.distance < limit]
        corrected[name] = left.with_texts(texts)
    return corrected


def _match(lexicon: Lexicon, texts: set[str], rule: LexiconRule) -> dict[str, LexiconMatch]:
    ordered = sorted(texts)
    source = lexicon.by_original if rule.by_original else lexicon
    return dict(zip(ordered, source.match(ordered, rule.normalized)))


def _adelaidet_predictions(words: Words) -> Words:
    """Whole-number coordinates, no polygon that crosses itself, no blanks after a text."""
    polygons = [np.trunc(polygon) for polygon in words.polygons]
    valid = [i for i, polygon in enumerate(polygons) if shapely.Polygon(polygon).is_valid]
    left = words.with_polygons(polygons).take(valid)
    return left.with_texts([text.rstrip() for text in left.texts])


def _davar_predictions(words: Words) -> Words:
    """No commas in a text, no blanks after it."""
    return words.with_texts([text.replace(',', '').rstrip() for text in words.texts])
