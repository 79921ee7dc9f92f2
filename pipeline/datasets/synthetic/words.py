"""Texts of scenes: dictionary words, numbers, addresses and similar phrases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pipeline.datasets.synthetic.fonts import PRINTABLE

WORD_FOLDER = Path(__file__).parent / 'words'
CASES = ('upper', 'title', 'lower', 'natural')
LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
DIGITS = '0123456789'
STREETS = (
    'Street', 'St.', 'St', 'Road', 'Rd', 'Avenue', 'Ave', 'Ave.', 'Lane', 'Ln', 'Drive', 'Dr.',
    'Blvd', 'Way', 'Square', 'Place', 'Pl.', 'Court', 'Hwy',
)  # fmt: skip
DOMAINS = (
    '.com', '.org', '.net', '.co.uk', '.de', '.sg', '.com.sg', '.fr', '.it', '.info', '.edu',
    '.gov', '.io', '.eu', '.jp', '.in',
)  # fmt: skip
UNITS = (
    'kg', 'g', 'km', 'm', 'cm', 'mm', 'ml', 'L', 'km/h', 'mph', '%', 'W', 'kWh', 'V', 'GB', 'MB',
    'min', 'h', 'ft', 'lbs', 'oz', 'pcs', 'C', 'x',
)  # fmt: skip


def _set_case(word: str, case: str) -> str:
    if case == 'upper':
        # str.upper() converts ß to SS. Some signs write ẞ instead, so both are used.
        return ''.join(
            'ẞ' if letter == 'ß' and len(word) % 2 else letter.upper() for letter in word
        )
    if case == 'lower':
        return word.lower()
    if case == 'title':
        return word[:1].upper() + word[1:].lower()
    return word


def load_words(path: str | Path) -> list[str]:
    """Read a word list: UTF-8, one word per line; lines that start with '#' are comments.

    Raises:
        ValueError: If the file has no words.
    """
    lines = Path(path).read_text(encoding='utf-8').splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith('#')]
    if not words:
        raise ValueError(f'{path} has no words; set another word list.')
    return words


# Currency signs, before or after an amount.
CURRENCIES = '€€€€£££££¥¢₹₩₽₺₫₴₪฿$'
# Templates with non-ASCII signs, for a number {n} or a word {w}.
SIGNED = (
    '{n}°', '{n}°C', '{n}m²', '{n}m³', '½', '¼', '¾', '{n}½', '©', '©{n}', '{w}®', '{w}™', '«{w}»',
    '“{w}”', '„{w}“', '‘{w}’', '{w}…', '–', '—', '•', '¡{w}!', '¿{w}?', '{n}×{n}', '±{n}', '§{n}',
    '·', '†', '‰', '{n}ª', '{n}º', 'µ{w}', '→', '←', '↑', '↓', '{w}’s',
)  # fmt: skip
# Accented and other variants that may replace a letter.
VARIANTS = {
    'a': 'àáâãäåāăąæ',
    'c': 'çćĉċč',
    'd': 'ďđð',
    'e': 'èéêëēĕėęě',
    'g': 'ĝğġģ',
    'h': 'ĥħ',
    'i': 'ìíîïĩīįı',
    'j': 'ĵ',
    'k': 'ķ',
    'l': 'ĺļľł',
    'n': 'ñńņň',
    'o': 'òóôõöøōőœ',
    'r': 'ŕŗř',
    's': 'śŝşšșß',
    't': 'ţťțþ',
    'u': 'ùúûüũūŭůűų',
    'w': 'ŵ',
    'y': 'ýÿŷ',
    'z': 'źżž',
    'A': 'ÀÁÂÃÄÅĀĂĄÆ',
    'C': 'ÇĆĈĊČ',
    'D': 'ĎĐÐ',
    'E': 'ÈÉÊËĒĔĖĘĚ',
    'G': 'ĜĞĠĢ',
    'H': 'ĤĦ',
    'I': 'ÌÍÎÏĨĪĮİ',
    'J': 'Ĵ',
    'K': 'Ķ',
    'L': 'ĹĻĽŁ',
    'N': 'ÑŃŅŇ',
    'O': 'ÒÓÔÕÖØŌŐŒ',
    'R': 'ŔŖŘ',
    'S': 'ŚŜŞŠȘẞ',
    'T': 'ŢŤȚÞ',
    'U': 'ÙÚÛÜŨŪŬŮŰŲ',
    'W': 'Ŵ',
    'Y': 'ÝŸŶ',
    'Z': 'ŹŻŽ',
}


class WordSource:
    """Draws phrases: the words of one short inscription, in reading order.

    Args:
        english: Words in lower case; None for the list of this package.
        names: Capitalized names of people and places; None for the list of this package.
        signs: Words of signs and shops in upper case; None for the list of this package.
        latin_share: Share of phrases with non-ASCII characters: accented letters, currency signs
            and typographic punctuation.

    Raises:
        ValueError: If ``latin_share`` is not in [0, 1].
    """

    def __init__(
        self,
        english: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
        signs: Sequence[str] | None = None,
        latin_share: float = 0.0,
    ) -> None:
        if not 0 <= latin_share <= 1:
            raise ValueError(f'latin_share must be in [0, 1], got {latin_share}.')
        self.latin_share = latin_share
        self.latin = load_words(WORD_FOLDER / 'latin.txt')
        self.english = list(english or load_words(WORD_FOLDER / 'english.txt'))
        self.names = list(names or load_words(WORD_FOLDER / 'names.txt'))
        self.signs = list(signs or load_words(WORD_FOLDER / 'signs.txt'))
        kinds: list[tuple[float, Callable[[np.random.Generator], list[str]]]] = [
            (0.34, self._english),
            (0.24, self._signs),
            (0.10, self._names),
            (0.07, self._number),
            (0.04, self._price),
            (0.04, self._time),
            (0.03, self._phone),
            (0.05, self._address),
            (0.03, self._url),
            (0.03, self._plate),
            (0.03, self._symbols),
        ]
        self._kinds = [kind for _, kind in kinds]
        weights = np.array([weight for weight, _ in kinds])
        self._cumulative = np.cumsum(weights / weights.sum())

    def draw(self, rng: np.random.Generator, case: str = 'natural') -> list[str]:
        """Draw the words of one phrase (1 to 5 words, without spaces and not empty).

        Args:
            rng: Random generator.
            case: One of 'upper', 'title', 'lower', 'natural'. Random strings keep their case.

        Raises:
            ValueError: If ``case`` is unknown.
        """
        if case not in CASES:
            raise ValueError(f'case must be one of {CASES}, got {case!r}.')
        if self.latin_share and rng.random() < self.latin_share:
            return [_set_case(word, case) for word in self._latin(rng)]
        if rng.random() < 0.05:
            return [self._random(rng) for _ in range(int(rng.integers(1, 3)))]
        kind = self._kinds[int(np.searchsorted(self._cumulative, rng.random()))]
        words = [self._punctuate(rng, word) for word in kind(rng)]
        return [_set_case(word, case) for word in words]

    def _latin(self, rng: np.random.Generator) -> list[str]:
        form = rng.random()
        if form < 0.35:
            return [self._pick(rng, self.latin) for _ in range(int(rng.integers(1, 4)))]
        if form < 0.6:
            words = [
                self._pick(rng, (self.english, self.names, self.signs)[int(rng.integers(3))])
                for _ in range(int(rng.integers(1, 4)))
            ]
            return [self._accent(rng, word) for word in words]
        if form < 0.85:
            sign = self._pick(rng, CURRENCIES)
            amount = f'{10 ** rng.uniform(-0.3, 3):.2f}'
            amount = (
                amount,
                amount.replace('.', ','),
                amount.split('.')[0],
                amount.split('.')[0] + ',-',
            )[int(rng.integers(4))]
            return [[sign + amount], [amount + sign], [amount, sign]][int(rng.integers(3))]
        number = str(int(10 ** rng.uniform(0, 2.5)))
        shape = self._pick(rng, SIGNED)
        return [shape.format(n=number, w=self._pick(rng, self.signs))]

    def _accent(self, rng: np.random.Generator, word: str) -> str:
        """Replace one to three letters by accented variants."""
        letters = list(word)
        places = [i for i, letter in enumerate(letters) if letter in VARIANTS]
        for place in rng.permutation(places)[: int(rng.integers(1, 4))].astype(int).tolist():
            letters[place] = self._pick(rng, VARIANTS[letters[place]])
        return ''.join(letters)

    def _pick(self, rng: np.random.Generator, words: Sequence[str]) -> str:
        return words[int(rng.integers(len(words)))]

    def _digits(self, rng: np.random.Generator, count: int) -> str:
        return ''.join(self._pick(rng, DIGITS) for _ in range(count))

    def _english(self, rng: np.random.Generator) -> list[str]:
        words = [self._pick(rng, self.english) for _ in range(int(rng.integers(1, 5)))]
        if rng.random() < 0.4:
            words[0] = words[0].capitalize()
        if rng.random() < 0.03:
            words[-1] += "'s"
        if rng.random() < 0.03:
            words[0] += '-' + self._pick(rng, self.english)
        return words

    def _signs(self, rng: np.random.Generator) -> list[str]:
        words = [self._pick(rng, self.signs) for _ in range(int(rng.integers(1, 4)))]
        return words if rng.random() < 0.7 else [word.capitalize() for word in words]

    def _names(self, rng: np.random.Generator) -> list[str]:
        words = [self._pick(rng, self.names) for _ in range(int(rng.integers(1, 3)))]
        extra = rng.random()
        if extra < 0.15:
            words.insert(0, self._pick(rng, LETTERS) + '.')
        elif extra < 0.3:
            words[-1] += "'s"
        elif extra < 0.4:
            words.insert(1, '&')
        return words

    def _number(self, rng: np.random.Generator) -> list[str]:
        number = str(int(10 ** rng.uniform(0, 6)))
        form = rng.random()
        if form < 0.2:
            return [number + self._pick(rng, UNITS)]
        if form < 0.3:
            return [f'{int(number):,}']
        if form < 0.4:
            return [f'{self._digits(rng, 2)}.{self._digits(rng, int(rng.integers(1, 3)))}']
        if form < 0.5:
            return [f'{self._pick(rng, LETTERS)}{int(number) % 1000}']
        if form < 0.6:
            return [f'#{self._digits(rng, 2)}-{self._digits(rng, int(rng.integers(2, 4)))}']
        if form < 0.7:
            return [str(int(rng.integers(1900, 2031)))]
        return [number]

    def _price(self, rng: np.random.Generator) -> list[str]:
        price = f'{10 ** rng.uniform(-0.3, 3):.2f}'
        form = rng.random()
        if form < 0.2:
            return [f'{5 * int(rng.integers(1, 19))}%', 'OFF']
        if form < 0.3:
            return ['$' + price.split('.')[0]]
        if form < 0.4:
            return ['only', '$' + price]
        return ['$' + price] if form < 0.8 else [price]

    def _time(self, rng: np.random.Generator) -> list[str]:
        def clock() -> str:
            return f'{int(rng.integers(24))}:{int(rng.integers(12)) * 5:02d}'

        form = rng.random()
        if form < 0.3:
            return [clock(), '-', clock()]
        if form < 0.5:
            return [f'{int(rng.integers(1, 13))}{self._pick(rng, ("am", "pm"))}']
        if form < 0.7:
            day, month = int(rng.integers(1, 29)), int(rng.integers(1, 13))
            return [f'{day:02d}/{month:02d}/{int(rng.integers(1990, 2031))}']
        if form < 0.8:
            return [f'{int(rng.integers(1, 13))}:00am-{int(rng.integers(1, 13))}:30pm']
        return [clock()]

    def _phone(self, rng: np.random.Generator) -> list[str]:
        head, tail = self._digits(rng, int(rng.integers(3, 5))), self._digits(rng, 4)
        form = rng.random()
        if form < 0.3:
            return ['Tel:', head, tail]
        if form < 0.5:
            return [f'({self._digits(rng, 3)})', f'{head[:3]}-{tail}']
        if form < 0.7:
            return [f'+{self._digits(rng, 2)}', self._digits(rng, 3), head, tail]
        return [f'{head}-{tail}'] if form < 0.85 else [f'1-800-{head[:3]}-{tail}']

    def _address(self, rng: np.random.Generator) -> list[str]:
        number = str(int(10 ** rng.uniform(0, 3.5)))
        words = [self._pick(rng, self.names), self._pick(rng, STREETS)]
        form = rng.random()
        if form < 0.5:
            return [number, *words]
        if form < 0.7:
            return [*words, number]
        if form < 0.85:
            return words
        return [
            self._pick(rng, self.names) + ',',
            self._pick(rng, LETTERS) + self._pick(rng, LETTERS),
            self._digits(rng, 5),
        ]

    def _url(self, rng: np.random.Generator) -> list[str]:
        name = self._pick(rng, self.english) + (
            self._pick(rng, self.english) if rng.random() < 0.4 else ''
        )
        form = rng.random()
        domain = name[:16] + self._pick(rng, DOMAINS)
        if form < 0.5:
            return ['www.' + domain]
        if form < 0.65:
            return [f'{self._pick(rng, ("info", "sales", "hello", "contact"))}@{domain}']
        if form < 0.75:
            return ['http://' + domain]
        return [domain] if form < 0.9 else ['@' + name[:14]]

    def _plate(self, rng: np.random.Generator) -> list[str]:
        def letters(count: int) -> str:
            return ''.join(self._pick(rng, LETTERS) for _ in range(count))

        form = rng.random()
        if form < 0.3:
            return [f'{letters(3)}{self._digits(rng, 4)}{letters(1)}']
        if form < 0.5:
            return [letters(2) + self._digits(rng, 2), letters(3)]
        if form < 0.7:
            return [f'{letters(3)}-{self._digits(rng, 3)}']
        return [letters(3), self._digits(rng, int(rng.integers(3, 5)))]

    def _symbols(self, rng: np.random.Generator) -> list[str]:
        forms = (
            '&',
            '%',
            '+',
            '#1',
            '(A)',
            '24/7',
            '1/2',
            '3D',
            '50/50',
            '*',
            '@',
            '?!',
            '!!!',
            '>>',
            '<-',
            '[1]',
            'A+',
            'C++',
            '2x',
            '=',
            '$',
            'No.',
            '...',
            '"',
            '{}',
            '~',
        )
        return [self._pick(rng, forms), self._pick(rng, self.signs)][: int(rng.integers(1, 3))]

    def _random(self, rng: np.random.Generator) -> str:
        alphabet = (PRINTABLE, LETTERS + DIGITS, LETTERS.lower() + DIGITS, DIGITS)[
            int(rng.integers(4))
        ]
        return ''.join(self._pick(rng, alphabet) for _ in range(int(rng.integers(1, 11))))

    def _punctuate(self, rng: np.random.Generator, word: str) -> str:
        if rng.random() > 0.06 or not word.isalnum():
            return word
        form = int(rng.integers(8))
        return (
            word + ',',
            word + '.',
            word + '!',
            word + ':',
            word + '?',
            f'({word})',
            f'"{word}"',
            f"'{word}'",
        )[form]
