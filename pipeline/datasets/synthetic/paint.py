"""Colours a sheet: plates, shadows, outlines and ink on one premultiplied BGRA canvas.

Premultiplied colours can be resampled and blurred without dark fringes. Each inscription is warped
into the image once.
"""

from __future__ import annotations

import cv2
import numpy as np

Color = tuple[float, float, float]
# (plate, ink) of real signs, BGR.
SIGN_COLORS: tuple[tuple[Color, Color], ...] = (
    ((255, 255, 255), (20, 20, 20)),
    ((250, 250, 250), (30, 30, 190)),
    ((245, 245, 245), (140, 60, 10)),
    ((20, 20, 20), (245, 245, 245)),
    ((150, 70, 10), (250, 250, 250)),
    ((70, 110, 10), (250, 250, 250)),
    ((35, 30, 200), (250, 250, 250)),
    ((20, 200, 245), (15, 15, 15)),
    ((30, 130, 240), (20, 20, 20)),
    ((60, 60, 60), (40, 200, 240)),
    ((190, 220, 235), (40, 60, 90)),
    ((40, 50, 90), (190, 225, 240)),
    ((210, 210, 205), (60, 60, 60)),
    ((90, 30, 60), (220, 230, 240)),
    ((30, 30, 160), (60, 220, 250)),
    ((200, 160, 60), (255, 255, 255)),
)


def random_color(rng: np.random.Generator) -> Color:
    """A random colour, BGR 0..255; muted colours are more likely than in a uniform distribution."""
    gray = rng.uniform(10, 250)
    spread = rng.uniform(0, 90)
    color = np.clip(gray + rng.uniform(-1, 1, 3) * spread, 0, 255)
    return float(color[0]), float(color[1]), float(color[2])


def luma(color: Color) -> float:
    """Rec. 601 luma of a BGR colour."""
    return 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2]


def contrasting_color(rng: np.random.Generator, ground: Color) -> Color:
    """A random colour whose luma differs from the background, from faintly to fully."""
    low = 28 if rng.random() < 0.5 else 80
    step = float(np.exp(rng.uniform(np.log(low), np.log(230))))
    base = luma(ground)
    up, down = 252 - base, base - 4
    room = max(up, down)
    sign = 1.0 if (up >= step and rng.random() < 0.5) or down < min(step, room) else -1.0
    target = float(np.clip(base + sign * step, 4, 252))
    if rng.random() < 0.5:  # near gray
        tint = rng.uniform(-6, 6, 3)
    else:
        tint = rng.uniform(-70, 70, 3)
        tint -= 0.114 * tint[0] + 0.587 * tint[1] + 0.299 * tint[2]
    color = np.clip(target + tint, 0, 255)
    return float(color[0]), float(color[1]), float(color[2])


def lay_over(canvas: np.ndarray, alpha: np.ndarray, color: Color) -> np.ndarray:
    """Paint a colour through an alpha mask (h, w) uint8 over a premultiplied canvas (h, w, 4)."""
    gains = np.array([[color[0]], [color[1]], [color[2]], [255.0]]) / 255
    paint = cv2.transform(alpha[..., None], gains)
    return cv2.add(cv2.multiply(canvas, cv2.merge([255 - alpha] * 4), scale=1 / 255), paint)


def plate_mask(rng: np.random.Generator, size: tuple[int, int], margin_px: int) -> np.ndarray:
    """Mask of a plate with a random shape, (height, width) uint8, ``margin_px`` from the border."""
    height, width = size
    mask = np.zeros(size, np.uint8)
    x1, y1, x2, y2 = margin_px, margin_px, width - 1 - margin_px, height - 1 - margin_px
    form = rng.random()
    if form < 0.62:
        cv2.rectangle(mask, (x1, y1), (x2, y2), 255, -1)
    elif form < 0.92:
        radius = int(min(x2 - x1, y2 - y1) * rng.uniform(0.08, 0.45))
        cv2.rectangle(mask, (x1 + radius, y1), (x2 - radius, y2), 255, -1)
        cv2.rectangle(mask, (x1, y1 + radius), (x2, y2 - radius), 255, -1)
        for x, y in ((x1, y1), (x2, y1), (x1, y2), (x2, y2)):
            cx = x + radius if x == x1 else x - radius
            cy = y + radius if y == y1 else y - radius
            cv2.circle(mask, (cx, cy), radius, 255, -1, cv2.LINE_AA)
    else:  # an arrow board
        tip = min((y2 - y1) // 2, margin_px if margin_px > 2 else 2)
        middle = (y1 + y2) // 2
        points = np.array([[x1, y1], [x2 - tip, y1], [x2, middle], [x2 - tip, y2], [x1, y2]])
        cv2.fillConvexPoly(mask, points.astype(np.int32), 255, cv2.LINE_AA)
    return mask


def shade(rng: np.random.Generator, canvas: np.ndarray, strength: float) -> np.ndarray:
    """Apply uneven illumination: a smooth field of a few random values."""
    field = 1 + strength * rng.uniform(-1, 1, (2, 3)).astype(np.float32)
    gain = cv2.resize(field, canvas.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    shaded = cv2.multiply(canvas[..., :3], cv2.merge([gain] * 3), dtype=cv2.CV_8U)
    alpha = canvas[..., 3]
    return cv2.merge([*cv2.split(cv2.min(shaded, cv2.merge([alpha] * 3))), alpha])


def extrude(mask: np.ndarray, reach_px: float, away_from: float) -> np.ndarray:
    """Extend ink to one side, (h, w) uint8, as the depth of solid letters.

    The ink is extended away from the direction ``away_from``, in radians clockwise from the right.
    """
    reach = max(1, round(reach_px))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    end = (round(reach * (1 + np.cos(away_from))), round(reach * (1 + np.sin(away_from))))
    cv2.line(kernel, (reach, reach), end, 1)
    return cv2.dilate(mask, kernel)


def _side_color(rng: np.random.Generator, ink: Color) -> Color:
    """The ink colour under another illumination, or sometimes another colour."""
    if rng.random() < 0.3:
        return random_color(rng)
    light = rng.uniform(0.25, 0.8) if luma(ink) > 60 else rng.uniform(1.3, 2.5)
    color = np.clip(np.array(ink) * light + (8 if light > 1 else 0), 0, 255)
    return float(color[0]), float(color[1]), float(color[2])


def paint_sheet(
    rng: np.random.Generator,
    mask: np.ndarray,
    height_px: float,
    ground: Color,
    plate: bool,
    pad_px: int,
) -> np.ndarray:
    """Colour the ink of a sheet, on a plate or on the background.

    Args:
        rng: Random generator.
        mask: (h, w) uint8 ink coverage.
        height_px: Height of capitals on the sheet, which scales the effects.
        ground: Mean BGR colour of the image at this place.
        plate: Whether to draw a plate under the ink.
        pad_px: Empty border around the ink.

    Returns:
        (h, w, 4) uint8, BGR premultiplied by the alpha in the last channel.
    """
    canvas = np.zeros((*mask.shape, 4), np.uint8)
    if plate:
        canvas, ink = _paint_board(rng, canvas, height_px, pad_px)
    else:
        ink = contrasting_color(rng, ground)
    canvas = _paint_behind(rng, canvas, mask, height_px, ink)
    canvas = _paint_ink(rng, canvas, _cut_ink(rng, mask, height_px), height_px, ink)
    if not plate and rng.random() < 0.3:
        canvas = shade(rng, canvas, rng.uniform(0.05, 0.3))
    return canvas


def _paint_board(
    rng: np.random.Generator,
    canvas: np.ndarray,
    height_px: float,
    pad_px: int,
) -> tuple[np.ndarray, Color]:
    """Draw a plate, sometimes with rim, shadow and uneven light; returns it and an ink colour."""
    if rng.random() < 0.5:
        ground, ink = SIGN_COLORS[int(rng.integers(len(SIGN_COLORS)))]
        jitter = rng.uniform(-18, 18, 3)
        ground = tuple(np.clip(np.array(ground) + jitter, 0, 255).tolist())
    else:
        ground = random_color(rng)
        ink = contrasting_color(rng, ground)
    board = plate_mask(rng, canvas.shape[:2], int(rng.uniform(0, 0.35) * pad_px))
    if rng.random() < 0.3:
        step = max(1, int(height_px * 0.1))
        shadow = cv2.GaussianBlur(board, (0, 0), step)
        canvas = lay_over(canvas, cv2.convertScaleAbs(shadow, alpha=0.5), (0, 0, 0))
    canvas = lay_over(canvas, board, ground)
    if rng.random() < 0.35:
        inner = cv2.erode(
            board,
            np.ones((3, 3), np.uint8),
            borderValue=0,
            iterations=max(1, int(pad_px * rng.uniform(0.05, 0.3))),
        )
        rim = cv2.subtract(
            inner,
            cv2.erode(
                inner,
                np.ones((3, 3), np.uint8),
                borderValue=0,
                iterations=max(1, int(height_px * rng.uniform(0.03, 0.1))),
            ),
        )
        canvas = lay_over(canvas, rim, ink if rng.random() < 0.7 else random_color(rng))
    if rng.random() < 0.5:
        canvas = shade(rng, canvas, rng.uniform(0.05, 0.35))
    return canvas, ink


def _paint_behind(
    rng: np.random.Generator, canvas: np.ndarray, mask: np.ndarray, height_px: float, ink: Color
) -> np.ndarray:
    """Draw what is under the letters: shadow, glow, depth and outline, in this order."""
    if rng.random() < 0.2:
        return _paint_mounting(rng, canvas, mask, height_px, ink)
    stroke = max(1, int(height_px * rng.uniform(0.03, 0.1)))
    if rng.random() < 0.2:
        reach = 0.1 if rng.random() < 0.7 else 0.3
        shift = np.array(
            [
                [1, 0, rng.uniform(-reach, reach) * height_px],
                [0, 1, rng.uniform(-reach, reach) * height_px],
            ]
        )
        shadow = cv2.warpAffine(mask, shift, mask.shape[1::-1])
        if rng.random() < 0.6:
            shadow = cv2.GaussianBlur(shadow, (0, 0), stroke)
        dark = (0.0, 0.0, 0.0) if luma(ink) > 90 else (255.0, 255.0, 255.0)
        canvas = lay_over(canvas, cv2.convertScaleAbs(shadow, alpha=rng.uniform(0.3, 0.9)), dark)
    if rng.random() < 0.05:  # backlit
        glow = cv2.GaussianBlur(mask, (0, 0), max(1.0, height_px * 0.15))
        canvas = lay_over(canvas, cv2.convertScaleAbs(glow, alpha=0.8), ink)
    if rng.random() < 0.14:  # letters with depth, seen from the side
        depth = extrude(mask, height_px * rng.uniform(0.05, 0.25), rng.uniform(0, 2 * np.pi))
        canvas = lay_over(canvas, depth, _side_color(rng, ink))
    if rng.random() < 0.14:  # outlined
        wide = cv2.dilate(
            mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * stroke + 1, 2 * stroke + 1))
        )
        canvas = lay_over(canvas, wide, contrasting_color(rng, ink))
    return canvas


def _paint_mounting(
    rng: np.random.Generator, canvas: np.ndarray, mask: np.ndarray, height_px: float, ink: Color
) -> np.ndarray:
    """Draw the sides and the shadow of solid letters mounted on a wall."""
    view, light = rng.uniform(0, 2 * np.pi, 2)
    depth = height_px * rng.uniform(0.06, 0.3)
    solid = extrude(mask, depth, view)
    if rng.random() < 0.7:
        shadow = extrude(solid, height_px * rng.uniform(0.05, 0.35), light)
        shadow = cv2.GaussianBlur(shadow, (0, 0), max(0.5, height_px * rng.uniform(0.01, 0.08)))
        canvas = lay_over(
            canvas, cv2.convertScaleAbs(shadow, alpha=rng.uniform(0.2, 0.8)), (0.0, 0.0, 0.0)
        )
    canvas = lay_over(canvas, solid, _side_color(rng, ink))
    # The left or right sides have another illumination than the upper or lower sides.
    across = extrude(mask, depth * abs(np.cos(view)), 0.0 if np.cos(view) > 0 else np.pi)
    return lay_over(canvas, cv2.min(across, solid), _side_color(rng, ink))


def _cut_ink(rng: np.random.Generator, mask: np.ndarray, height_px: float) -> np.ndarray:
    """The ink unchanged, as dots of lamps, or hollow."""
    form = rng.random()
    if form < 0.04 and height_px > 24:
        pitch = max(3, int(height_px / 12))
        dots = np.zeros((pitch, pitch), np.uint8)
        cv2.circle(dots, (pitch // 2, pitch // 2), max(1, pitch // 2 - 1), 255, -1)
        repeats = (mask.shape[0] // pitch + 1, mask.shape[1] // pitch + 1)
        return cv2.min(
            mask, np.ascontiguousarray(np.tile(dots, repeats)[: mask.shape[0], : mask.shape[1]])
        )
    if form < 0.07 and height_px > 30:
        stroke = max(1, int(height_px * rng.uniform(0.03, 0.1)))
        return cv2.subtract(cv2.dilate(mask, np.ones((stroke + 2, stroke + 2), np.uint8)), mask)
    return mask


def _paint_ink(
    rng: np.random.Generator, canvas: np.ndarray, mask: np.ndarray, height_px: float, ink: Color
) -> np.ndarray:
    """Draw the ink: plain, with a colour gradient, worn, or embossed."""
    opacity = 1.0 if rng.random() < 0.7 else rng.uniform(0.6, 1.0)
    canvas = lay_over(canvas, cv2.convertScaleAbs(mask, alpha=opacity), ink)
    if rng.random() < 0.1:  # vertical colour gradient
        fade = np.linspace(0, 255, mask.shape[0]).astype(np.uint8)[:, None]
        faded = cv2.multiply(mask, np.repeat(fade, mask.shape[1], axis=1), scale=opacity / 255)
        canvas = lay_over(canvas, faded, _side_color(rng, ink))
    if rng.random() < 0.08:  # worn, wooden or reflecting: patches of another colour
        grain = np.maximum(height_px * rng.uniform(0.04, 0.4, 2), 1)
        cells = np.maximum(np.array(mask.shape) / grain, 1).astype(int)
        patches = cv2.resize(
            rng.integers(0, 256, cells).astype(np.uint8),
            mask.shape[::-1],
            interpolation=cv2.INTER_LINEAR,
        )
        patches = cv2.multiply(mask, patches, scale=rng.uniform(0.3, 0.9) / 255)
        canvas = lay_over(canvas, patches, _side_color(rng, ink))
    if rng.random() < 0.12:
        light, dark = _edges_in_light(rng, mask, height_px)
        canvas = lay_over(canvas, light, (255.0, 255.0, 255.0))
        canvas = lay_over(canvas, dark, (0.0, 0.0, 0.0))
    return canvas


def _edges_in_light(
    rng: np.random.Generator,
    mask: np.ndarray,
    height_px: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Lighter and darker amounts at the edges of embossed letters, (h, w) uint8 each."""
    slopes = cv2.GaussianBlur(mask, (0, 0), max(0.7, height_px * rng.uniform(0.02, 0.08)))
    angle = rng.uniform(0, 2 * np.pi)
    rise = np.cos(angle) * cv2.Sobel(slopes, cv2.CV_32F, 1, 0) + np.sin(angle) * cv2.Sobel(
        slopes, cv2.CV_32F, 0, 1
    )
    rise *= rng.uniform(100, 255) / max(float(np.abs(rise).max()), 1e-6)
    return (
        cv2.min(mask, np.clip(rise, 0, 255).astype(np.uint8)),
        cv2.min(mask, np.clip(-rise, 0, 255).astype(np.uint8)),
    )


def blend(image: np.ndarray, patch: np.ndarray, x: int, y: int) -> None:
    """Blend a premultiplied BGRA patch into an image, in place, with its top-left at (x, y)."""
    height, width = patch.shape[:2]
    window = image[y : y + height, x : x + width]
    rest = cv2.merge([255 - patch[..., 3]] * 3)
    window[:] = cv2.add(
        cv2.multiply(window, rest, scale=1 / 255), np.ascontiguousarray(patch[..., :3])
    )
