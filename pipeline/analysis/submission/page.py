"""The report page: settings, scores, curve and images in one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from pipeline.analysis.submission import markup
from pipeline.analysis.submission.curve_figure import (
    curve_key,
    curve_table,
    draw_curve,
)
from pipeline.analysis.submission.photo_files import (
    PhotoPicture,
    default_image_folder,
    encode_photo,
    find_photo_files,
)
from pipeline.analysis.submission.photo_panel import KIND_NAMES, ScoredPhoto, render_photo
from pipeline.analysis.submission.tables import photo_table, score_table, settings_list
from pipeline.evaluation.file_evaluation import FileEvaluation
from pipeline.evaluation.pr_curve import set_points
from pipeline.evaluation.word_outcomes import COUNTED_KINDS, WordKind, classify_words, count_kinds
from pipeline.evaluation.words import Words
from pipeline.io.errors import ImageReadError
from pipeline.utils.natural_sort import natural_key

_MEANINGS: dict[WordKind, str] = {
    'matched': 'ground-truth and predicted word match and the pair is correct',
    'missed': 'ground-truth word without a prediction',
    'misread': 'ground-truth and predicted word match, but the texts differ',
    'spurious': 'prediction without a ground-truth word',
    'dont_care': 'left out of the score',
}
_CORRECTED = '<p>Predicted words are shown as the lexicon corrected them.</p>'


def write_report(
    evaluation: FileEvaluation,
    folder: str | Path,
    image_folder: str | Path | None = None,
    most_photos: int = 50,
) -> Path:
    """Write ``index.html`` into a folder.

    Args:
        evaluation: Scored files.
        folder: Folder of the page. It is created if it does not exist.
        image_folder: Folder of the images; None selects :func:`default_image_folder`.
        most_photos: Largest number of drawn images. Those with the most errors are drawn.

    Returns:
        Path of the page.
    """
    target = Path(folder) / 'index.html'
    target.parent.mkdir(parents=True, exist_ok=True)
    page = render_page(evaluation, image_folder, most_photos)
    target.write_text(page, encoding='utf-8', newline='\n')
    return target


def render_page(
    evaluation: FileEvaluation,
    image_folder: str | Path | None = None,
    most_photos: int = 50,
) -> str:
    """Render the page. Arguments are those of :func:`write_report`."""
    photos = scored_photos(evaluation)
    drawn = worst_photos(photos, most_photos)
    wanted_in = Path(image_folder or default_image_folder(evaluation.gt_path))
    panels, missing = _render_photos(evaluation, photos, drawn, wanted_in)
    scores, task = evaluation.scores, evaluation.task
    with_confidences = evaluation.rules.confidences
    curve_note = 'Straight lines connect points of consecutive confidences.'
    if not with_confidences:
        curve_note = (
            'One point per task: all predictions as submitted. A curve requires a confidence in '
            'each prediction line and the option <code>--confidences</code>.'
        )
    elif not set_points(scores[task]):
        curve_note = 'Without predictions the curve is empty.'
    totals = count_kinds(outcome for photo in photos for outcome in photo.outcomes)
    assets = files(__package__).joinpath('assets')
    return Template(assets.joinpath('page.html').read_text(encoding='utf-8')).substitute(
        style=assets.joinpath('page.css').read_text(encoding='utf-8'),
        script=assets.joinpath('page.js').read_text(encoding='utf-8'),
        settings=settings_list(evaluation),
        scores=score_table(scores, task, with_confidences),
        curve=draw_curve(scores, task, with_confidences),
        curve_key=curve_key(task),
        curve_note=curve_note,
        curve_numbers=_curve_numbers(evaluation) if with_confidences else '',
        key=_key(totals),
        filters=_filters(),
        shown=_shown_line(len(drawn), len(photos)),
        corrected=_CORRECTED if evaluation.lexicon else '',
        missing=missing,
        photos='\n'.join(panels),
        all_photos=photo_table(photos),
        photo_count=len(photos),
    )


def scored_photos(evaluation: FileEvaluation) -> list[ScoredPhoto]:
    """Every image with its score at the task of the evaluation and its words, sorted by name."""
    images = evaluation.scores[evaluation.task].images
    photos = []
    for name in sorted(images, key=lambda name: (natural_key(name), name)):
        det = evaluation.det.get(name, Words())
        outcomes = classify_words(evaluation.gt[name], det, images[name])
        photos.append(ScoredPhoto(name, images[name].score, outcomes, det.confidences))
    return photos


def worst_photos(photos: Sequence[ScoredPhoto], most: int) -> list[ScoredPhoto]:
    """The ``most`` images with the most errors. Images with equally many keep their order."""
    return sorted(photos, key=lambda photo: -photo.errors)[:most]


def _render_photos(
    evaluation: FileEvaluation,
    photos: Sequence[ScoredPhoto],
    drawn: Sequence[ScoredPhoto],
    image_folder: Path,
) -> tuple[list[str], str]:
    paths = find_photo_files(image_folder, [photo.name for photo in drawn])
    places = {photo.name: place for place, photo in enumerate(photos)}
    panels, without = [], 0
    for photo in drawn:
        picture: PhotoPicture | None = None
        note = ''
        if photo.name in paths:
            try:
                picture = encode_photo(paths[photo.name], evaluation.gt[photo.name].polygons)
            except ImageReadError as error:
                note = f'The image could not be read: {error}'
        if picture is None:
            without += 1
            note = note or 'No image was found; the polygons are drawn on a plain background.'
        elif picture.turned:
            note = 'Rotated by its EXIF orientation, because the polygons fit only then.'
        panels.append(render_photo(photo, picture, places[photo.name], note))
    return panels, _missing_note(without, len(drawn), image_folder)


def _missing_note(without: int, drawn: int, image_folder: Path) -> str:
    if not without:
        return ''
    return (
        f'<p class="note">{markup.plural(without, "image")} of {drawn} could not be shown, their '
        'polygons are drawn on a plain background. The images were searched in the folder '
        f'<code>{markup.text(image_folder.name or image_folder)}</code>. To use another '
        'folder, repeat the command with <code>--images DIR</code>. Image 12 is expected as '
        '<code>img_12.jpg</code>.</p>'
    )


def _shown_line(drawn: int, total: int) -> str:
    if drawn == total:
        return f'All {markup.plural(total, "image")} are drawn.'
    return (
        f'The {drawn} images with the most errors of {total} are drawn; '
        '<code>--report-photos</code> sets how many.'
    )


def _curve_numbers(evaluation: FileEvaluation) -> str:
    points = set_points(evaluation.scores[evaluation.task])
    if not points:
        return ''
    return f'<details><summary>The curve in numbers</summary>{curve_table(points)}</details>'


def _key(totals: dict[WordKind, int]) -> str:
    rows = [
        f'<li class="{kind}"><svg viewBox="0 0 44 14" aria-hidden="true">'
        '<line class="under" x1="1" y1="7" x2="43" y2="7"/>'
        '<line class="over" x1="1" y1="7" x2="43" y2="7"/></svg> '
        f'<span><strong>{KIND_NAMES[kind]} {totals[kind]}</strong> {_MEANINGS[kind]}</span></li>'
        for kind in (*COUNTED_KINDS, 'dont_care')
    ]
    return f'<ul class="key">{"".join(rows)}</ul>'


def _filters() -> str:
    return '\n'.join(
        f'<label><input type="checkbox" name="kind" value="{kind}" checked> {label}</label>'
        for kind, label in KIND_NAMES.items()
    )
