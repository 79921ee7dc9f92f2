"""``clipter video`` on a small drawn video."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.cli import video
from pipeline.video import VideoReader

FPS, FRAMES = 10, 13


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """OPEN moves to the right; EXIT appears after the sixth frame."""
    monkeypatch.chdir(tmp_path)
    writer = cv2.VideoWriter('street.mp4', cv2.VideoWriter_fourcc(*'mp4v'), FPS, (400, 240))
    if not writer.isOpened():
        pytest.skip('this OpenCV writes no MPEG-4')
    for number in range(FRAMES):
        image = np.full((240, 400, 3), 235, np.uint8)
        texts = {'OPEN': (20 + 4 * number, 90)} | ({'EXIT': (200, 200)} if number > 6 else {})
        for text, place in texts.items():
            cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 1.8, (40, 30, 20), 4)
        writer.write(image)
    writer.release()
    return 'street.mp4'


def read(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text('utf-8').splitlines()]


def test_video_writes_frames_tracks_and_an_annotated_video(street: str, capsys: Any) -> None:
    assert video.main([street, '--every', '4', '--out', 'words']) == 0
    frames = read('words/frames.jsonl')
    assert [(frame['frame'], frame['time']) for frame in frames] == [
        (0, 0.0), (4, 0.4), (8, 0.8), (12, 1.2),
    ]  # fmt: skip
    tracks = read('words/tracks.jsonl')
    assert [(t['text'], t['first'], t['last'], t['frames']) for t in tracks] == [
        ('OPEN', 0.0, 1.2, 4), ('EXIT', 0.8, 1.2, 2),
    ]  # fmt: skip
    assert {w['track']: w['text'] for w in frames[-1]['words']} == {1: 'OPEN', 2: 'EXIT'}
    assert capsys.readouterr().out.splitlines()[0] == '   0.00 s to    1.20 s: OPEN'
    with VideoReader(street) as before, VideoReader('words/annotated.mp4') as after:
        pairs = list(zip(before, after))
    assert len(pairs) == FRAMES
    assert all(np.abs(a.image.astype(int) - b.image).max() > 100 for a, b in pairs)


def test_video_stops_after_the_seconds(street: str) -> None:
    assert video.main([street, '--every', '5', '--seconds', '0.5', '--no-draw', '--quiet']) == 0
    assert [frame['frame'] for frame in read('video/frames.jsonl')] == [0, 5]
    assert not Path('video/annotated.mp4').exists()


def test_video_rejects_what_is_no_video(street: str, capsys: Any) -> None:
    Path('notes.txt').write_text('no video')
    assert video.main(['notes.txt']) == 2
    assert 'notes.txt: not a video that OpenCV can read' in capsys.readouterr().err
    assert video.main(['gone.mp4']) == 2
    assert 'gone.mp4: no such file' in capsys.readouterr().err
