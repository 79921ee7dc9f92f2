"""The street scene of the README's demo: shop signs, a price, a curved and a vertical sign."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (1280, 800)  # width, height
SCALE = 2  # the scene is drawn larger and then shrunk
FONTS = Path('/usr/share/fonts/opentype')
BEBAS = FONTS / 'bebas-neue' / 'BebasNeue-Bold.otf'
LOBSTER = FONTS / 'lobstertwo' / 'LobsterTwo-Bold.otf'
SPARTAN = FONTS / 'league-spartan' / 'LeagueSpartan-Bold.otf'
CABIN = FONTS / 'cabin' / 'Cabin-SemiBold.otf'
FONT_FILES = (BEBAS, LOBSTER, SPARTAN, CABIN)
GROUND = 640  # y of the pavement's edge

Color = tuple[int, int, int]
Box = tuple[float, float, float, float]


class Street:
    """The picture during drawing. Lengths are pixels of the finished picture.

    Args:
        rng: Source of randomness.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.image = Image.new('RGB', (SIZE[0] * SCALE, SIZE[1] * SCALE))
        self.draw = ImageDraw.Draw(self.image)

    def box(self, box: Box, color: Color, outline: Color | None = None, width: float = 0) -> None:
        """A rectangle (x1, y1, x2, y2)."""
        scaled = [round(SCALE * value) for value in box]
        self.draw.rectangle(scaled, color, outline, round(SCALE * width))

    def gradient(self, box: Box, top: Color, bottom: Color) -> None:
        """A rectangle that changes its colour downwards."""
        x1, y1, x2, y2 = (round(SCALE * value) for value in box)
        share = np.linspace(0, 1, y2 - y1)[:, None, None]
        rows = np.array(top) * (1 - share) + np.array(bottom) * share
        part = np.broadcast_to(rows, (y2 - y1, x2 - x1, 3)).astype(np.uint8)
        self.image.paste(Image.fromarray(part), (x1, y1))

    def shadow(self, box: Box, strength: float = 0.45, blur: float = 6) -> None:
        """A soft dark rectangle."""
        mask = Image.new('L', self.image.size)
        scaled = [round(SCALE * value) for value in box]
        ImageDraw.Draw(mask).rectangle(scaled, round(255 * strength))
        mask = mask.filter(ImageFilter.GaussianBlur(blur * SCALE))
        self.image.paste((12, 10, 14), mask=mask)

    def bricks(self, box: Box, color: Color) -> None:
        """A wall of bricks."""
        x1, y1, x2, y2 = box
        self.box(box, tuple(round(0.72 * part) for part in color))  # type: ignore[arg-type]
        for row, y in enumerate(np.arange(y1, y2, 9)):
            for x in np.arange(x1 - 11 * (row % 2), x2, 22):
                tint = self.rng.normal(1, 0.07)
                shade = tuple(int(np.clip(part * tint, 0, 255)) for part in color)
                part = (max(x, x1), y, min(x + 20.5, x2), min(y + 7.5, y2))
                if part[2] > part[0]:
                    self.box(part, shade)  # type: ignore[arg-type]

    def window(self, box: Box, frame: Color) -> None:
        """A window with a reflection of the sky."""
        x1, y1, x2, y2 = box
        self.shadow((x1 - 4, y1 - 4, x2 + 4, y2 + 6), 0.35, 4)
        self.box(box, frame)
        self.gradient((x1 + 6, y1 + 6, x2 - 6, y2 - 6), (120, 146, 168), (42, 52, 66))
        middle = (x1 + x2) / 2
        self.box((middle - 2, y1, middle + 2, y2), frame)
        self.box((x1, y1 + 0.4 * (y2 - y1), x2, y1 + 0.4 * (y2 - y1) + 4), frame)
        self.box((x1 - 8, y2, x2 + 8, y2 + 8), (186, 180, 170))

    def text(self, text: str, center: tuple[float, float], height: float, font: Path,
             color: Color, spacing: float = 0.0, turn: float = 0.0) -> None:  # fmt: skip
        """Letters around a point, with a soft shadow; ``height`` is the height of capitals."""
        layer = _set_text(text, height * SCALE, font, spacing)
        if turn:
            layer = layer.rotate(turn, Image.Resampling.BICUBIC, expand=True)
        x = round(SCALE * center[0] - layer.width / 2)
        y = round(SCALE * center[1] - layer.height / 2)
        dark = layer.filter(ImageFilter.GaussianBlur(0.03 * height * SCALE)).point(lambda v: v // 2)
        offset = max(1, round(0.04 * height * SCALE))
        self.image.paste((10, 10, 12), (x + offset, y + offset), dark)
        self.image.paste(color, (x, y), layer)

    def arch(self, text: str, center: tuple[float, float], radius: float, height: float,
             font: Path, color: Color) -> None:  # fmt: skip
        """Letters along the upper part of a circle."""
        face = ImageFont.truetype(str(font), 100)
        advances = np.array([face.getlength(char) for char in text])
        letter = height * SCALE
        per_px = letter / (100 * _cap_ratio(font))
        angles = (np.cumsum(advances) - advances / 2 - advances.sum() / 2) * per_px
        for char, arc in zip(text, angles / (radius * SCALE)):
            glyph = _set_text(char, letter, font, 0).rotate(
                -np.degrees(arc), Image.Resampling.BICUBIC, expand=True
            )
            x = SCALE * (center[0] + radius * np.sin(arc)) - glyph.width / 2
            y = SCALE * (center[1] - radius * np.cos(arc)) - glyph.height / 2
            self.image.paste(color, (round(x), round(y)), glyph)

    def disc(self, center: tuple[float, float], radius: float, color: Color) -> None:
        """A filled circle."""
        x, y = center
        box = [SCALE * value for value in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.ellipse(box, color)

    def awning(self, x1: float, x2: float, y: float, color: Color) -> None:
        """A striped awning."""
        self.shadow((x1, y + 30, x2, y + 62), 0.5, 10)
        count = 12
        edges = np.linspace(x1, x2, count + 1)
        for i in range(count):
            shade = color if i % 2 else (236, 232, 224)
            left, right = edges[i], edges[i + 1]
            spread = 14 * (np.array([left, right]) - (x1 + x2) / 2) / (x2 - x1)
            below = [(right + spread[1], y + 42), (left + spread[0], y + 42)]
            points = [(left, y), (right, y), *below]
            self.draw.polygon([(SCALE * a, SCALE * b) for a, b in points], shade)


def draw_street(rng: np.random.Generator) -> np.ndarray:
    """Draw the picture, (800, 1280, 3) uint8 RGB."""
    street = Street(rng)
    street.gradient((0, 0, SIZE[0], 300), (118, 158, 204), (206, 216, 222))
    _draw_houses(street)
    _draw_bakery(street)
    _draw_cafe(street)
    _draw_books(street)
    _draw_ground(street)
    small = street.image.resize(SIZE, Image.Resampling.LANCZOS)
    return _expose(np.asarray(small).astype(np.float32), rng)


def _draw_houses(street: Street) -> None:
    street.bricks((0, 70, 430, GROUND), (158, 92, 74))
    street.gradient((430, 40, 860, GROUND), (214, 202, 178), (190, 176, 150))
    street.bricks((860, 96, 1280, GROUND), (124, 112, 108))
    for x1, x2, y in ((0, 430, 70), (430, 860, 40), (860, 1280, 96)):
        street.box((x1, y - 12, x2, y + 4), (92, 84, 80))
        street.shadow((x1, y + 4, x2, y + 14), 0.4, 5)
    for x in (60, 180, 300):
        street.window((x, 120, x + 78, 250), (232, 228, 220))
    for x in (486, 606, 726):
        street.window((x, 96, x + 84, 232), (84, 70, 62))
    for x in (910, 1030, 1150):
        street.window((x, 148, x + 80, 262), (220, 220, 214))


def _draw_bakery(street: Street) -> None:
    street.shadow((20, 296, 412, 372), 0.5, 8)
    street.box((20, 290, 410, 362), (34, 74, 58), (206, 178, 112), 3)
    street.text('ROSA', (112, 326), 34, BEBAS, (244, 226, 178), 0.05)
    street.text('BAKERY', (282, 326), 34, BEBAS, (244, 226, 178), 0.05)
    street.gradient((34, 396, 266, 600), (92, 84, 70), (34, 28, 24))
    for x in range(48, 250, 40):
        street.disc((x + 12, 572), 15, (196, 142, 78))
        street.disc((x + 12, 566), 10, (222, 176, 112))
    street.text('Fresh', (104, 452), 26, LOBSTER, (250, 244, 232))
    street.text('Bread', (200, 452), 26, LOBSTER, (250, 244, 232))
    street.awning(26, 274, 376, (176, 48, 44))
    street.box((290, 392, 402, GROUND), (46, 60, 54), (28, 36, 34), 4)
    street.gradient((304, 408, 388, 540), (110, 130, 142), (52, 60, 66))
    street.text('OPEN', (346, 440), 15, SPARTAN, (250, 250, 244))
    street.text('MON', (322, 470), 9.5, CABIN, (250, 250, 244))
    street.text('SAT', (370, 470), 9.5, CABIN, (250, 250, 244))
    street.text('9:30', (322, 494), 9.5, CABIN, (250, 250, 244))
    street.text('18:00', (370, 494), 9.5, CABIN, (250, 250, 244))


def _draw_cafe(street: Street) -> None:
    street.shadow((452, 292, 842, 372), 0.45, 8)
    street.box((450, 288, 840, 360), (248, 242, 228), (120, 40, 40), 3)
    street.text('CAFÉ', (536, 324), 32, SPARTAN, (128, 30, 34))
    street.text('LUNA', (742, 329), 32, SPARTAN, (128, 30, 34))
    street.gradient((470, 384, 700, 600), (124, 120, 108), (40, 36, 34))
    street.disc((585, 500), 84, (24, 58, 92))
    street.disc((585, 500), 78, (246, 240, 226))
    street.disc((585, 500), 74, (24, 58, 92))
    street.arch('ESPRESSO', (585, 508), 52, 19, BEBAS, (250, 240, 214))
    street.text('BAR', (585, 520), 26, BEBAS, (250, 240, 214))
    street.box((720, 392, 826, GROUND), (96, 40, 38), (64, 26, 26), 4)
    street.gradient((736, 408, 810, 520), (128, 140, 146), (60, 62, 66))
    # The board on the pavement.
    street.shadow((640, 560, 748, 716), 0.5, 10)
    street.box((640, 548, 740, 704), (120, 84, 52))
    street.box((648, 556, 732, 696), (34, 36, 36))
    street.text('Soup', (690, 584), 18, LOBSTER, (244, 244, 238))
    street.text('€4.50', (690, 622), 19, BEBAS, (252, 214, 96))
    street.text('Salad', (690, 656), 14, LOBSTER, (244, 244, 238))
    street.text('€6.20', (690, 682), 15, BEBAS, (252, 214, 96))


def _draw_books(street: Street) -> None:
    street.shadow((886, 304, 1210, 378), 0.5, 8)
    street.box((884, 300, 1206, 370), (26, 34, 62))
    street.text('BOOKS', (1046, 335), 36, SPARTAN, (250, 250, 250), 0.12)
    street.gradient((898, 396, 1100, 600), (102, 110, 120), (36, 36, 44))
    colors: list[Color] = [
        (170, 60, 50),
        (60, 96, 140),
        (196, 160, 70),
        (80, 120, 80),
        (220, 214, 200),
    ]
    for shelf in (470, 530, 590):
        x = 906.0
        while x < 1086:
            width = street.rng.uniform(7, 14)
            height = street.rng.uniform(30, 46)
            color = colors[int(street.rng.integers(len(colors)))]
            street.box((x, shelf - height, x + width - 1, shelf), color)
            x += width
        street.box((898, shelf, 1100, shelf + 5), (84, 62, 44))
    street.text('SALE', (1000, 412), 15, SPARTAN, (255, 236, 120))
    street.box((1116, 394, 1198, GROUND), (54, 58, 72), (34, 36, 46), 4)
    street.gradient((1130, 410, 1184, 540), (118, 130, 140), (56, 60, 66))
    # The sign above the pavement.
    street.box((1222, 180, 1280, 188), (40, 40, 42))
    street.shadow((1226, 196, 1276, 470), 0.5, 8)
    street.box((1222, 190, 1270, 462), (160, 30, 36), (250, 246, 240), 3)
    street.text('PARKING', (1246, 326), 22, SPARTAN, (255, 250, 240), 0.05, turn=-90)


def _draw_ground(street: Street) -> None:
    board = street.image.crop([SCALE * v for v in (630, 548, 750, 716)])  # type: ignore[arg-type]
    street.gradient((0, GROUND, SIZE[0], 730), (150, 146, 140), (124, 120, 114))
    for x in range(-200, 1500, 64):
        points = [(x + 30, GROUND), (x - 40 + (x - 640) // 8, 730)]
        street.draw.line([(SCALE * a, SCALE * b) for a, b in points], (108, 104, 98), 2)
    street.box((0, 728, SIZE[0], 744), (182, 178, 170))
    street.gradient((0, 744, SIZE[0], SIZE[1]), (74, 76, 80), (52, 54, 58))
    street.shadow((636, 690, 752, 722), 0.5, 8)
    street.image.paste(board.crop((20, 0, 220, 312)), (SCALE * 640, SCALE * 548))


def _expose(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add the effects of a camera: uneven light, vignetting, softness and noise."""
    height, width = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = (1.04 - 0.16 * (x**2 + y**2) + 0.08 * np.tanh(3 * (0.2 - x - 0.4 * y)))[..., None]
    noise = cv2.GaussianBlur(rng.normal(0, 5, image.shape).astype(np.float32), (0, 0), 0.6)
    soft = cv2.GaussianBlur(image * light.astype(np.float32), (0, 0), 0.55)
    return np.clip(soft + noise, 0, 255).astype(np.uint8)


def _set_text(text: str, cap_height: float, font: Path, spacing: float) -> Image.Image:
    """Letters in a line as a mask, with ``spacing`` in font sizes between them."""
    size = round(cap_height / _cap_ratio(font))
    face = ImageFont.truetype(str(font), size)
    gap = spacing * size
    width = sum(face.getlength(char) + gap for char in text)
    mask = Image.new('L', (round(width + 0.4 * size), round(1.6 * size)))
    draw = ImageDraw.Draw(mask)
    x = 0.2 * size
    for char in text:
        draw.text((x, 1.2 * size), char, 255, face, anchor='ls')
        x += face.getlength(char) + gap
    box = mask.getbbox() or (0, 0, 1, 1)
    return mask.crop((box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4))


def _cap_ratio(font: Path) -> float:
    _, top, _, bottom = ImageFont.truetype(str(font), 100).getbbox('H')
    return (bottom - top) / 100
