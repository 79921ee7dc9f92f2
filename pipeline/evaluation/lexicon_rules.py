"""Lexicon rules of published methods: which predictions are corrected and which are dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from pipeline.evaluation.char_scores import CharScores
from pipeline.evaluation.lexicon import Lexicon, LexiconMatch
from pipeline.evaluation.weighted_edit_distance import match_weighted
from pipeline.evaluation.words import Words

LexiconRuleName = Literal['adelaidet', 'testr', 'davar', 'mask-textspotter', 'spts']
LexiconLevel = Literal['strong', 'weak', 'generic', 'full']

_DIGIT_OR_PLUS = re.compile('[0-9+]')


@dataclass(frozen=True)
class LexiconRule:
    """The rule of one method.

    Attributes:
        limit: Upper bound of the distance, exclusive. A prediction whose nearest word is not below
            it is dropped.
        unlimited: Levels without the limit: no prediction is dropped.
        normalized: Whether distances are divided by the longer length of text and word.
        by_original: Whether texts are compared with the original spellings instead of the keys.
        weighted: Whether the method can weight edits by character scores.
        preselect: Candidates of the weighted search; see :func:`match_weighted`.
        prepare: Function applied to the predictions of an image before the search.
        keeps: Predicate of the texts that the lexicon leaves unchanged.
        finish: Function applied to each corrected text.
    """

    limit: float = np.inf
    unlimited: frozenset[str] = frozenset()
    normalized: bool = False
    by_original: bool = False
    weighted: bool = False
    preselect: int | None = None
    prepare: Callable[[Words], Words] = lambda words: words
    keeps: Callable[[str], bool] = lambda text: False
    finish: Callable[[str], str] = lambda text: text


def lexicon_rule(name: LexiconRuleName, curved: bool = False) -> LexiconRule:
    """Return the rule of a method.

    Args:
        name: ``adelaidet`` (ABCNet v2, DeepSolo), ``testr``, ``davar`` (MANGO),
            ``mask-textspotter`` (v1 and v3) or ``spts``.
        curved: Whether the set is Total-Text. There TESTR drops no prediction at any level, and
            SPTS applies its limit at every level.

    Raises:
        ValueError: If the name is unknown.
    """
    if name == 'adelaidet':
        return LexiconRule(limit=1.5, prepare=_adelaidet_predictions)
    if name == 'mask-textspotter':
        return LexiconRule(limit=1.5, unlimited=frozenset({'generic'}), weighted=True, preselect=2)
    if name == 'testr':
        never_dropped = {'strong', 'weak'} if curved else set()
        unlimited = frozenset({'generic', 'full'} | never_dropped)
        return LexiconRule(limit=2.5, unlimited=unlimited, weighted=True)
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
    char_scores_of: Callable[[str], CharScores] | None = None,
) -> dict[str, Words]:
    """Correct predictions by a lexicon.

    Args:
        det: Image name -> predicted words.
        lexicon_of: Function from image name to lexicon. If it returns the same object for several
            images, their texts are searched together.
        rule: Rule of a method; see :func:`lexicon_rule`.
        level: Lexicon level. It decides whether the limit of the rule applies.
        char_scores_of: Function from image name to character scores, for the weighted edit
            distance. None uses the plain edit distance.

    Returns:
        Image name -> the remaining words, in the spelling of the lexicon.

    Raises:
        ValueError: If the rule has no weighted distance, or the character scores do not fit the
            predictions or the lexicon.
    """
    if char_scores_of is not None and not rule.weighted:
        raise ValueError(
            "character scores require the lexicon rule 'mask-textspotter' or 'testr', which weight "
            'edits by them.'
        )
    limit = np.inf if level in rule.unlimited else rule.limit
    corrected = {}
    for name, hits in _find_hits(det, lexicon_of, rule, char_scores_of).items():
        words, matches = hits
        left = words.take([i for i, hit in enumerate(matches) if hit.distance < limit])
        texts = [rule.finish(hit.word) for hit in matches if hit.distance < limit]
        corrected[name] = left.with_texts(texts)
    return corrected


def _find_hits(
    det: Mapping[str, Words],
    lexicon_of: Callable[[str], Lexicon],
    rule: LexiconRule,
    char_scores_of: Callable[[str], CharScores] | None,
) -> dict[str, tuple[Words, list[LexiconMatch]]]:
    """Image name -> its prepared words and the match of each."""
    prepared = {name: rule.prepare(words) for name, words in det.items()}
    lexicons = {name: lexicon_of(name) for name, words in prepared.items() if len(words)}
    if char_scores_of is not None:
        return {
            name: (words, _match_weighted(name, words, lexicons[name], rule, char_scores_of(name)))
            if len(words)
            else (words, [])
            for name, words in prepared.items()
        }
    wanted: dict[int, tuple[Lexicon, set[str]]] = {}
    for name, lexicon in lexicons.items():
        looked_up = {text for text in prepared[name].texts if not rule.keeps(text)}
        wanted.setdefault(id(lexicon), (lexicon, set()))[1].update(looked_up)
    matches = {key: _match(*search, rule) for key, search in wanted.items()}
    hits = {}
    for name, words in prepared.items():
        found = matches[id(lexicons[name])] if name in lexicons else {}
        hits[name] = (words, [found.get(text, LexiconMatch(text, 0.0)) for text in words.texts])
    return hits


def _match_weighted(
    name: str, words: Words, lexicon: Lexicon, rule: LexiconRule, char_scores: CharScores
) -> list[LexiconMatch]:
    if len(char_scores.words) != len(words):
        raise ValueError(
            f'image {name}: wanted character scores of {len(words)} predictions, got '
            f'{len(char_scores.words)}.'
        )
    try:
        return [
            match_weighted(text, lexicon, scores, char_scores.row_of, rule.preselect)
            for text, scores in zip(words.texts, char_scores.words)
        ]
    except ValueError as error:
        raise ValueError(f'image {name}: {error}') from error


def _match(lexicon: Lexicon, texts: set[str], rule: LexiconRule) -> dict[str, LexiconMatch]:
    ordered = sorted(texts)
    source = lexicon.by_original if rule.by_original else lexicon
    return dict(zip(ordered, source.match(ordered, rule.normalized)))


def _adelaidet_predictions(words: Words) -> Words:
    """Truncate coordinates, drop self-crossing polygons and strip trailing blanks."""
    polygons = [np.trunc(polygon) for polygon in words.polygons]
    valid = [i for i, polygon in enumerate(polygons) if shapely.Polygon(polygon).is_valid]
    left = words.with_polygons(polygons).take(valid)
    return left.with_texts([text.rstrip() for text in left.texts])


def _davar_predictions(words: Words) -> Words:
    """Delete commas and trailing blanks of the texts."""
    return words.with_texts([text.replace(',', '').rstrip() for text in words.texts])
