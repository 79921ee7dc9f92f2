"""Words whose letters are set wide, and were read as single letters or short pieces.

A detector of words finds the letters of ``M A R K E T`` one by one. Letters at regular distances on
a line are read once more with the space between them taken out. If the text is a word, or
confirms the letters, the pieces become one word.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from pipeline.geometry import box_along, image_ring, ring_size, split_sides
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.rectification.perspective import warp_quad
from pipeline.word_reading import CropBatch, ReadWord, WordBatch

# Distances are those of the middles of letters, in heights. See docs/experiments.md.
_LARGEST_PITCH = 3.2  # Twice this if one letter is missing between two.
_LARGEST_UNKNOWN_PITCH = 2.2  # of a text that is not in the word lists
_LEAST_PITCH = 0.75  # Median; letters set normally have about 0.6.
_PITCH_RATIOS = (0.5, 1.7)  # to the median
_MISSING_RATIO = 2.5  # Largest ratio to the median if one letter is missing between two.
_LEAST_HEIGHT_RATIO = 0.45  # The outlines of single letters can be much too low.
_LARGEST_TURN = float(np.cos(np.radians(20)))
_UPRIGHT = float(np.cos(np.radians(30)))
_LEAST_LETTERS = 3
_LEAST_UNKNOWN = 4  # Letters of a text that is not in the word lists.
_LEAST_CHAR_SCORE = 0.9
_MOST_LETTERS = 24
_MOST_BEYOND = 2  # Missing letters at each end.
_LEAST_SIDE_PX = 1.0

_HEIGHT_PX = 48
_SET_PITCH = 0.78  # Pitch of the letters in the crop that is read.
_KEPT = 0.2  # Space beside the middle of a letter that is never taken out, in heights.


@dataclass(frozen=True, eq=False)
class _Piece:
    """A word as a row of letters.

    Args:
        number: Index of the word.
        middles: (n, 2) middles of its letters in pixels.
        height: Height of its outline.
    """

    number: int
    middles: np.ndarray
    height: float


@dataclass(frozen=True, eq=False)
class _Row:
    """Pieces that may be one word.

    Args:
        pieces: Pieces in reading order.
        middles: (N, 2) middles of the letters, also of those that no piece contains.
        missing: (M, 2) middles of the letters that no piece contains.
    """

    pieces: list[_Piece]
    middles: np.ndarray
    missing: np.ndarray


@dataclass(frozen=True, eq=False)
class _Strip:
    """The image of a row without the space between its letters.

    Args:
        polygon: (4, 2) box around the row.
        image: (48, width, 3) image.
        columns: Place of each column in the box, as a share of the width of the box.
    """

    polygon: np.ndarray
    image: np.ndarray
    columns: np.ndarray


def join_spaced_letters(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    is_listed: Callable[[str], bool],
    min_score: float = 0.0,
) -> list[ReadWord]:
    """Join letters at regular distances on a line.

    Args:
        images: Images of the words.
        words: N words.
        rectifier: Sets the size of the crops.
        read: Reads crops.
        is_listed: Returns whether a text is in the word lists.
        min_score: Words with a lower ``score`` are not joined.

    Returns:
        At most N words, in order. A joined word replaces its first piece.
    """
    rows = _find_rows(words, min_score)
    if not rows:
        return list(words)
    index = [words[row.pieces[0].number].image_index for row in rows]
    strips = [_set_close(images[image], words, row) for image, row in zip(index, rows)]
    crops = [
        rectifier(strip.image, [image_ring(*strip.image.shape[:2])], vertical='keep')[0]
        for strip in strips
    ]
    batch = WordBatch([strip.polygon for strip in strips], [1.0] * len(rows), index)
    readings = read(CropBatch(batch, crops, batch.polygons, list(range(len(rows)))))
    joined: dict[int, ReadWord] = {}
    gone: set[int] = set()
    for row, strip, reading in zip(rows, strips, map(_without_spaces, readings)):
        numbers = [piece.number for piece in row.pieces]
        if gone & set(numbers) or not _is_word(reading, words, row, is_listed):
            continue
        middles = (np.arange(len(strip.columns)) + 0.5) / len(strip.columns)
        places = np.interp(reading.char_places, middles, strip.columns).tolist()
        if any(rectifier.margin):  # The places are those in a crop with a margin.
            places = []
        score = float(np.mean([words[number].det_score for number in numbers]))
        joined[numbers[0]] = ReadWord(
            strip.polygon,
            replace(reading, char_places=places),
            score,
            words[numbers[0]].image_index,
        )
        gone |= set(numbers)
    return [
        joined.get(number, word)
        for number, word in enumerate(words)
        if number in joined or number not in gone
    ]


def _without_spaces(reading: Reading) -> Reading:
    """A reading without the spaces that the recognizer sees between wide letters."""
    kept = [at for at, char in enumerate(reading.text) if char != ' ']
    if len(kept) == len(reading.text):
        return reading
    scores = [reading.char_scores[at] for at in kept]
    places = [reading.char_places[at] for at in kept] if reading.char_places else []
    text = ''.join(reading.text[at] for at in kept)
    return Reading(text, scores, float(np.prod(scores)), char_places=places)


def _is_word(
    reading: Reading, words: Sequence[ReadWord], row: _Row, is_listed: Callable[[str], bool]
) -> bool:
    """Whether the pieces of a row are one word with this reading."""
    text = reading.text
    letters = ''.join(words[piece.number].reading.text.replace(' ', '') for piece in row.pieces)
    if not text.isalpha() or reading.score ** (1 / len(text)) < _LEAST_CHAR_SCORE:
        return False
    if len(text) != len(row.middles):
        return False
    if is_listed(text):
        return True
    pitch = np.median(np.linalg.norm(np.diff(row.middles, axis=0), axis=1))
    height = np.median([piece.height for piece in row.pieces])
    return bool(
        len(text) >= _LEAST_UNKNOWN
        and len(row.pieces) == len(row.middles)  # single letters, none missing
        and text.casefold() == letters.casefold()
        and pitch <= _LARGEST_UNKNOWN_PITCH * height
    )


def _find_rows(words: Sequence[ReadWord], min_score: float) -> list[_Row]:
    """Rows of pieces with a regular pitch, longer ones first."""
    kept = [
        number
        for number, word in enumerate(words)
        if word.score >= min_score
        and word.reading.text.replace(' ', '').isalnum()
        and min(ring_size(word.polygon)) >= _LEAST_SIDE_PX
    ]
    pieces = [_to_piece(number, words[number]) for number in kept]
    if len(pieces) < 2 or all(len(piece.middles) > 1 for piece in pieces):
        return []
    visible = [
        number for number, word in enumerate(words) if word.reading.text and word.score >= min_score
    ]
    rings = [words[number].polygon for number in visible]
    boxes = shapely.STRtree([shapely.box(*ring.min(axis=0), *ring.max(axis=0)) for ring in rings])
    rows = []
    for chain in _chains(pieces, words):
        for row in _regular_rows(chain):
            image = words[row.pieces[0].number].image_index
            own = {piece.number for piece in row.pieces}

            def is_free(points: np.ndarray, own: set[int] = own, image: int = image) -> bool:
                hit = {visible[at] for at in boxes.query(shapely.points(points))[1].tolist()}
                return all(words[number].image_index != image for number in hit - own)

            if is_free(row.missing):
                rows += _longer_rows(row, is_free)
    return sorted(rows, key=lambda row: -len(row.middles))


def _longer_rows(row: _Row, is_free: Callable[[np.ndarray], bool]) -> list[_Row]:
    """A row, and rows with up to two missing letters more at each end, outside of other words."""
    step = np.diff(row.middles, axis=0).mean(axis=0)
    rows = []
    for before, after in itertools.product(range(_MOST_BEYOND + 1), repeat=2):
        start = row.middles[0] - step * np.arange(before, 0, -1)[:, None]
        end = row.middles[-1] + step * np.arange(1, after + 1)[:, None]
        if is_free(np.concatenate([start, end])):
            middles = np.concatenate([start, row.middles, end])
            rows.append(_Row(row.pieces, middles, np.concatenate([start, row.missing, end])))
    return rows


def _to_piece(number: int, word: ReadWord) -> _Piece:
    top, bottom = split_sides(word.polygon)
    text, places = word.reading.text, word.reading.char_places
    if len(places) != len(text):
        places = ((np.arange(len(text)) + 0.5) / len(text)).tolist()
    shares = np.array([place for place, char in zip(places, text) if char != ' '])[:, None]
    if len(shares) == 1:
        middles = word.polygon.mean(axis=0, keepdims=True)
    else:
        start, end = (top[0] + bottom[0]) / 2, (top[-1] + bottom[-1]) / 2
        middles = start + shares * (end - start)
    height, width = ring_size(word.polygon)
    # The outline of a single letter can be turned, and can be too low.
    return _Piece(number, middles, max(height, width) if len(shares) == 1 else height)


def _chains(pieces: Sequence[_Piece], words: Sequence[ReadWord]) -> list[list[_Piece]]:
    """Pieces of an image one after another on a line, each the nearest one of the previous."""
    image = np.array([words[piece.number].image_index for piece in pieces])
    first = np.stack([piece.middles[0] for piece in pieces])
    heights = np.array([piece.height for piece in pieces])
    tree = shapely.STRtree(shapely.points(first))
    # Pairs (i, j) of a piece and another one that may follow it.
    last = shapely.points(np.stack([piece.middles[-1] for piece in pieces]))
    reach = 2 * _LARGEST_PITCH * heights / _LEAST_HEIGHT_RATIO
    i, j = tree.query(last, predicate='dwithin', distance=reach)
    between = first[j] - np.stack([pieces[row].middles[-1] for row in i])
    distance = np.linalg.norm(between, axis=1)
    larger = np.maximum(heights[i], heights[j])
    near = (
        (image[i] == image[j])
        & (i != j)
        & (distance > 0)
        & (distance < 2 * _LARGEST_PITCH * larger)
        & (between[:, 0] > _UPRIGHT * distance)
        & (np.minimum(heights[i], heights[j]) > _LEAST_HEIGHT_RATIO * larger)
    )
    following: dict[int, int] = {}
    for row in np.flatnonzero(near)[np.argsort(distance[near])]:
        following.setdefault(int(i[row]), int(j[row]))
    followers = set(following.values())
    starts = [row for row in range(len(pieces)) if row not in followers]
    chains = []
    for start in starts:
        chain = [start]
        while chain[-1] in following and following[chain[-1]] not in chain:
            chain.append(following[chain[-1]])
        chains.append([pieces[row] for row in chain])
    return [chain for chain in chains if len(chain) > 1]


def _regular_rows(chain: Sequence[_Piece]) -> Iterator[_Row]:
    """Parts of a chain with a regular pitch; in the first ones letters can be missing."""
    middles = np.concatenate([piece.middles for piece in chain])
    pitches = np.linalg.norm(np.diff(middles, axis=0), axis=1)
    median = float(np.median(pitches))
    height = float(np.median([piece.height for piece in chain]))
    if not _LEAST_PITCH * height <= median <= _LARGEST_PITCH * height:
        return
    ends = np.cumsum([len(piece.middles) for piece in chain])
    tried: set[tuple[int, int]] = set()
    for largest in (_MISSING_RATIO, _PITCH_RATIOS[1]):
        cuts = [
            0,
            *(at for at, end in enumerate(ends[:-1], 1) if pitches[end - 1] > largest * median),
        ]
        for first, last in zip(cuts, [*cuts[1:], len(chain)]):
            row = None if (first, last) in tried else _make_row(list(chain[first:last]), median)
            tried.add((first, last))
            if row is not None:
                yield row


def _make_row(pieces: list[_Piece], pitch: float) -> _Row | None:
    """The row of some pieces, or None if it is too short, irregular or not straight."""
    single = sum(len(piece.middles) == 1 for piece in pieces)
    middles = np.concatenate([piece.middles for piece in pieces])
    if len(pieces) < 2 or 2 * single < len(pieces):
        return None
    if not _LEAST_LETTERS <= len(middles) <= _MOST_LETTERS:
        return None
    steps = np.diff(middles, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    wide = np.flatnonzero(lengths > _PITCH_RATIOS[1] * pitch)
    if lengths.min() < _PITCH_RATIOS[0] * pitch or not _is_straight(steps):
        return None
    if len(wide) and single < len(pieces):
        return None
    between = (middles[wide] + middles[wide + 1]) / 2
    return _Row(pieces, np.insert(middles, wide + 1, between, axis=0), between)


def _is_straight(steps: np.ndarray) -> bool:
    along = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    whole = steps.sum(axis=0) / np.linalg.norm(steps.sum(axis=0))
    return bool((along @ whole >= _LARGEST_TURN).all())


def _set_close(image: np.ndarray, words: Sequence[ReadWord], row: _Row) -> _Strip:
    """Cut out a row, and take out the space between its letters."""
    rings = [words[piece.number].polygon for piece in row.pieces]
    whole = row.middles[-1] - row.middles[0]
    if len(row.missing):  # also the letters beyond the ends
        half = whole / (len(row.middles) - 1) / 2
        rings += [row.middles[:1] - half, row.middles[-1:] + half]
    box = box_along(np.concatenate(rings), whole)
    along = box[1] - box[0]
    height, width = ring_size(box)
    columns = max(1, round(_HEIGHT_PX * width / height))
    strip = warp_quad(image, box, (_HEIGHT_PX, columns))
    places = (row.middles - box[0]) @ along / (along @ along) * columns
    varied = strip.mean(axis=2).std(axis=0)
    kept = np.ones(columns, dtype=bool)
    for left, right in itertools.pairwise(places):
        surplus = round(right - left - _SET_PITCH * _HEIGHT_PX)
        first = max(round(left + _KEPT * _HEIGHT_PX), 0)
        last = min(round(right - _KEPT * _HEIGHT_PX), columns)
        if 0 < surplus <= last - first:
            sums = np.convolve(varied[first:last], np.ones(surplus), 'valid')
            at = first + int(sums.argmin())
            kept[at : at + surplus] = False
    shares = (np.flatnonzero(kept) + 0.5) / columns
    return _Strip(box.astype(np.float32), np.ascontiguousarray(strip[:, kept]), shares)
