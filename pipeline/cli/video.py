"""``clipter video``: read the words of a video or a camera, and follow them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.common import (
    DONE,
    CommandError,
    add_device,
    make_parser,
    positive_float,
    positive_int,
    run_command,
)
from pipeline.cli.spotter_options import add_reading_options, choose_spotter
from pipeline.utils.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from pipeline.spotter import TextSpotter
    from pipeline.video import Frame, VideoReader

EVERY = 5


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'video',
        ['street.mp4 --every 10 --out words', '0 --seconds 20 --out camera'],
        'Writes DIR/frames.jsonl (the words of each frame that is read, with their tracks), '
        'DIR/tracks.jsonl\n(each word with its first and last time and best text) and '
        'DIR/annotated.mp4.',
    )  # fmt: skip
    add = parser.add_argument
    add('video', metavar='FILE|CAMERA', help='video file, or number of a camera such as 0')
    add('--out', type=Path, default=Path('video'), metavar='DIR', help='output folder')
    add('--every', type=positive_int, default=EVERY, metavar='N', help='read every Nth frame')
    add(
        '--seconds', type=positive_float, metavar='S',
        help='stop after this time (default: at the end; a camera until Ctrl-C)',
    )  # fmt: skip
    add_reading_options(parser)
    add_device(parser)
    add('--no-draw', action='store_true', help='write no annotated video')
    add('--quiet', action='store_true', help='print errors only')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Read the video; returns the exit status."""
    return run_command(_video, parse_args(argv))


def _video(args: argparse.Namespace) -> int:
    settings = choose_spotter(args, args.device)
    source = int(args.video) if args.video.isdigit() else args.video
    if isinstance(source, str) and not Path(source).is_file():
        raise CommandError(f'{source}: no such file')

    from pipeline.video import VideoReader, WordTracker

    with VideoReader(source) as video:
        tracker = WordTracker(max_gap_s=max(1.0, 3 * args.every / video.fps))
        spotter = settings.build()
        args.out.mkdir(parents=True, exist_ok=True)
        with (args.out / 'frames.jsonl').open('w', encoding='utf-8') as log:
            try:
                count = _read(args, video, spotter, tracker, log)
            except KeyboardInterrupt:  # the usual end of a camera
                count = None
    lines = [json.dumps(track.record(), ensure_ascii=False) for track in tracker.tracks]
    (args.out / 'tracks.jsonl').write_text(''.join(f'{line}\n' for line in lines), 'utf-8')
    if count == 0:
        raise CommandError(f'{args.video}: no frame could be read')
    if not args.quiet:
        for track in tracker.tracks:
            print(f'{track.first_s:7.2f} s to {track.last_s:7.2f} s: {track.best.text}')
    return DONE


def _read(
    args: argparse.Namespace, video: VideoReader, spotter: TextSpotter, tracker: Any, log: Any
) -> int:
    """Read, track, write and draw; returns the number of frames that were read."""
    from pipeline.io import PhotoResult
    from pipeline.layout import Page

    drawing = None if args.no_draw else AnnotatedVideo(args.out / 'annotated.mp4', video.fps)
    count = 0
    progress = Progress(video.count, 'frame', args.quiet)
    try:
        for frame in video:
            if args.seconds is not None and frame.time_s > args.seconds:
                break
            if frame.number % args.every == 0:
                (words,) = spotter.read_batch([frame.image])
                page = Page.from_words(words, frame.image.shape[:2], words.orientation)
                tracks = tracker.update(frame.time_s, page.words)
                name = f'{args.video}#frame={frame.number}'
                record = PhotoResult(name, name, page, 0.0).record()
                del record['seconds']
                for word, track in zip(record['words'], tracks):
                    word['track'] = track.number
                record = {'frame': frame.number, 'time': round(frame.time_s, 3), **record}
                log.write(json.dumps(record, ensure_ascii=False) + '\n')
                log.flush()
                count += 1
                if drawing is not None:
                    drawing.words = [(track.last.polygon, track.best.text) for track in tracks]
            if drawing is not None:
                drawing.write(frame)
            progress.update()
    finally:
        progress.__exit__()
        if drawing is not None:
            drawing.close()
    return count


class AnnotatedVideo:
    """Writes frames with the words of the last frame that was read.

    Args:
        path: Path of the file, in MPEG-4.
        fps: Frames per second.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self.path, self.fps = path, fps
        self.words: list[tuple[np.ndarray, str]] = []
        self._writer: Any = None

    def write(self, frame: Frame) -> None:
        """Write one frame."""
        import cv2

        from pipeline.visualization import draw_words

        image = frame.image
        if self.words:
            polygons, texts = zip(*self.words)
            image = draw_words(image, polygons, texts)
        if self._writer is None:
            size = image.shape[1], image.shape[0]
            code = cv2.VideoWriter.fourcc(*'mp4v')
            self._writer = cv2.VideoWriter(str(self.path), code, self.fps, size)
            if not self._writer.isOpened():
                raise CommandError(f'{self.path}: this OpenCV writes no MPEG-4; use --no-draw')
        self._writer.write(image)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()


if __name__ == '__main__':
    sys.exit(main())
