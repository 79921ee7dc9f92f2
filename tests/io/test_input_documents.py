"""iter_inputs: pages of PDF and TIFF files."""

from __future__ import annotations

import io
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from input_photos import COLORS, error_of, make_pdf, make_tiff, names
from PIL import Image
from small_documents import encrypted_pdf, text_pdf

from pipeline.io import ImageReadWarning, iter_inputs


def test_iter_inputs_renders_pdf_pages_at_200_dpi(tmp_path):
    items = list(iter_inputs([make_pdf(tmp_path / 'doc.pdf')]))
    assert names(items) == ['doc-p001', 'doc-p002']
    assert [item.source.rpartition('#')[2] for item in items] == ['page=1', 'page=2']
    first, second = (item.load() for item in items)
    assert first.shape == (100, 200, 3)  # An inch wide, half an inch high.
    np.testing.assert_allclose(first[50, 100], [0, 0, 255], atol=3)
    np.testing.assert_allclose(second[50, 100], [255, 0, 0], atol=3)


def test_pdf_pages_are_rendered_in_several_threads(tmp_path):
    path = tmp_path / 'doc.pdf'
    path.write_bytes(text_pdf(['ROSA', 'BAKERY', 'OPEN', 'DAILY']))
    # A process of its own, because PDFium ends it if its functions run at the same time.
    program = (
        'import sys\n'
        'from concurrent.futures import ThreadPoolExecutor\n'
        'from pipeline.io import iter_inputs\n'
        'items = list(iter_inputs(sys.argv[1:]))\n'
        'with ThreadPoolExecutor(8) as pool:\n'
        '    found = list(pool.map(lambda item: item.load().tobytes(), items * 40))\n'
        'print(len(set(found)), found == found[:4] * 40)\n'
    )
    command = [sys.executable, '-c', program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, '4 True\n')


def test_iter_inputs_pdf_page_names_are_unique(tmp_path):
    (tmp_path / 'sub').mkdir()
    paths = [make_pdf(tmp_path / 'doc.pdf'), make_pdf(tmp_path / 'sub' / 'doc.pdf')]
    assert names(iter_inputs(paths)) == ['doc-p001', 'doc-p002', 'doc-2-p001', 'doc-2-p002']


def test_iter_inputs_opens_encrypted_pdfs(tmp_path):
    path = tmp_path / 'doc.pdf'
    path.write_bytes(encrypted_pdf('secret'))
    items = list(iter_inputs([path, make_pdf(tmp_path / 'open.pdf')], password='secret'))
    assert names(items) == ['doc-p001', 'doc-p002', 'open-p001', 'open-p002']
    assert [item.load().shape for item in items] == [(100, 200, 3)] * 4
    (item,) = iter_inputs([path])
    assert error_of(item).endswith('cannot read the PDF: requires a password (--password)')
    (item,) = iter_inputs([path], password='guess')
    assert error_of(item).endswith('cannot read the PDF: wrong password')


def test_iter_inputs_reads_tiff_pages(tmp_path):
    path = make_tiff(tmp_path / 'scan.tif', sizes=((8, 6), (5, 4), (7, 9)))
    items = list(iter_inputs([path]))
    assert names(items) == ['scan-p001', 'scan-p002', 'scan-p003']
    assert [item.source for item in items] == [f'{path}#page={n}' for n in (1, 2, 3)]
    pages = [item.load() for item in items]
    assert [page.shape[:2] for page in pages] == [(6, 8), (4, 5), (9, 7)]
    assert [page[0, 0].tolist() for page in pages] == [[0, 0, 255], [0, 255, 0], [255, 0, 0]]
    assert '#page=2: 5 x 4 pixels' in error_of(list(iter_inputs([path], max_pixels=10))[1])


def test_iter_inputs_finds_tiff_pages_by_their_bytes(tmp_path, monkeypatch):
    path = make_tiff(tmp_path / 'scan.dat', colors=COLORS[:2])
    assert names(iter_inputs([path])) == ['scan-p001', 'scan-p002']
    monkeypatch.setattr(sys, 'stdin', SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    items = list(iter_inputs(['-']))
    assert names(items) == ['stdin-p001', 'stdin-p002']
    assert items[1].load()[0, 0].tolist() == [0, 255, 0]


def test_iter_inputs_leaves_out_tiff_thumbnails(tmp_path):
    frames = [Image.new('RGB', (8, 6), color) for color in COLORS]
    for frame, kind in zip(frames, (1, 0, 4)):  # Thumbnail, page, mask.
        frame.encoderinfo = {'tiffinfo': {254: kind}}
    path = tmp_path / 'photo.tif'
    frames[0].save(path, save_all=True, append_images=frames[1:], tiffinfo={254: 1})
    (item,) = iter_inputs([path])
    assert (item.name, item.source) == ('photo', str(path))
    assert item.load()[0, 0].tolist() == [0, 255, 0]


def test_iter_inputs_reads_tiff_pages_before_damage(tmp_path):
    path = make_tiff(tmp_path / 'cut.tif')
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.warns(ImageReadWarning, match='cut.tif: damaged TIFF, only 2 pages'):
        items = list(iter_inputs([path]))
    assert names(items) == ['cut-p001', 'cut-p002']
    assert items[1].load()[0, 0].tolist() == [0, 255, 0]
    (item,) = iter_inputs([path], strict=True)
    assert 'damaged TIFF' in error_of(item)


def test_iter_inputs_reports_damaged_pdfs_and_huge_pages(tmp_path):
    broken = tmp_path / 'broken.pdf'
    broken.write_bytes(b'%PDF-1.4 and nothing more')
    (item,) = iter_inputs([broken])
    assert 'cannot read the PDF' in error_of(item)
    items = list(iter_inputs([make_pdf(tmp_path / 'doc.pdf')], max_pixels=1000))
    assert 'limit' in error_of(items[1])
