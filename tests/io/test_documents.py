from __future__ import annotations

import builtins
import json
import re
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest

from pipeline.io import DOCUMENT_FORMATS, DocumentPage, render, render_pages
from pipeline.io.documents.pdf import PDF_DPI
from pipeline.layout import Page
from pipeline.structures import Word

SIZE = (300, 400)
ALTO = '{http://www.loc.gov/standards/alto/ns-v4#}'
PAGE = '{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}'
XHTML = '{http://www.w3.org/1999/xhtml}'

# Children of each element in their order, '?' optional, '*' any number, '+' at least one; and
# required attributes. Excerpts of alto-4-4.xsd and of pagecontent.xsd (2019-07-15).
ALTO_MODEL = {
    'alto': ('Description? Layout', ''),
    'Description': ('MeasurementUnit sourceImageInformation? Processing*', ''),
    'sourceImageInformation': ('fileName?', ''),
    'Processing': ('processingCategory? processingDateTime? processingSoftware?', 'ID'),
    'processingSoftware': ('softwareCreator? softwareName? softwareVersion?', ''),
    'Layout': ('Page+', ''),
    'Page': ('PrintSpace?', 'ID PHYSICAL_IMG_NR'),
    'PrintSpace': ('Shape? TextBlock*', ''),
    'TextBlock': ('Shape? TextLine*', 'ID'),
    'TextLine': ('Shape? (String SP?)+', ''),
    'String': ('Shape?', 'CONTENT'),
    'Shape': ('Polygon', ''),
    'Polygon': ('', 'POINTS'),
}
PAGE_MODEL = {
    'PcGts': ('Metadata Page', ''),
    'Metadata': ('Creator Created LastChange Comments?', ''),
    'Page': ('ReadingOrder? TextRegion*', 'imageFilename imageWidth imageHeight'),
    'ReadingOrder': ('OrderedGroup', ''),
    'OrderedGroup': ('RegionRefIndexed+', 'id'),
    'RegionRefIndexed': ('', 'index regionRef'),
    'TextRegion': ('Coords TextLine* TextEquiv*', 'id'),
    'TextLine': ('Coords Word* TextEquiv*', 'id'),
    'Word': ('Coords TextEquiv*', 'id'),
    'Coords': ('', 'points'),
    'TextEquiv': ('PlainText? Unicode', ''),
}


def make_word(text: str, x: float, y: float, width: float = 60, angle_deg: float = 0.0) -> Word:
    corners = np.array([[0, 0], [width, 0], [width, 20], [0, 20]], dtype=np.float64)
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return Word((corners @ turn + [x, y]).astype(np.float32), text, 0.9, 0.75)


def make_page() -> Page:
    words = [
        make_word('Straße', 20.4, 30), make_word('<b>&"', 90, 30), make_word('日本', 20, 60),
        make_word('up', 300, 250, 60, -90), make_word('edge', 370, 100),
    ]  # fmt: skip
    return Page.from_words(words, SIZE)


def image() -> np.ndarray:
    return np.full((*SIZE, 3), 200, dtype=np.uint8)


def check_model(element: ElementTree.Element, namespace: str, model: dict) -> None:
    """Compare an element tree with a model of its schema."""
    names = [child.tag.removeprefix(namespace) for child in element]
    name = element.tag.removeprefix(namespace)
    children, attributes = model.get(name, ('', ''))
    pattern = re.sub(r'\w+', lambda match: f'(?:{match[0]},)', children).replace(' ', '')
    assert re.fullmatch(pattern, ''.join(f'{child},' for child in names)), (name, names)
    assert set(attributes.split()) <= set(element.attrib), (name, element.attrib)
    for child in element:
        check_model(child, namespace, model)


def numbers(text: str) -> list[float]:
    return [float(value) for value in re.findall(r'-?[\d.]+', text)]


def check_points(points: list[float]) -> None:
    x, y = np.array(points).reshape(-1, 2).T
    assert len(x) >= 3 and (x >= 0).all() and (x <= 400).all()
    assert (y >= 0).all() and (y <= 300).all()


def test_alto_follows_its_schema():
    root = ElementTree.fromstring(render('alto', make_page(), 'a&b.jpg'))
    check_model(root, ALTO, ALTO_MODEL)
    ids = [element.get('ID') for element in root.iter() if element.get('ID')]
    assert len(ids) == len(set(ids))


def test_alto_contains_words_and_places():
    root = ElementTree.fromstring(render('alto', make_page(), 'a&b.jpg'))
    assert root.findtext(f'.//{ALTO}fileName') == 'a&b.jpg'
    lines = [
        [string.get('CONTENT') for string in line.iter(f'{ALTO}String')]
        for line in root.iter(f'{ALTO}TextLine')
    ]
    assert lines == [[w.text for w in line.words] for line in make_page().lines]
    assert ['Straße', '<b>&"'] in lines
    first = next(s for s in root.iter(f'{ALTO}String') if s.get('CONTENT') == 'Straße')
    place = [first.get(name) for name in ('HPOS', 'VPOS', 'WIDTH', 'HEIGHT', 'WC')]
    assert place == ['20', '30', '61', '20', '0.7500']
    for polygon in root.iter(f'{ALTO}Polygon'):
        check_points(numbers(polygon.get('POINTS', '')))


def test_page_xml_follows_its_schema():
    root = ElementTree.fromstring(render('page', make_page(), 'a.jpg'))
    check_model(root, PAGE, PAGE_MODEL)
    ids = [element.get('id') for element in root.iter() if element.get('id')]
    assert len(ids) == len(set(ids))
    for coords in root.iter(f'{PAGE}Coords'):
        assert re.fullmatch(r'(\d+,\d+ )+\d+,\d+', coords.get('points', ''))
        check_points(numbers(coords.get('points', '')))


def test_page_xml_contains_text_in_reading_order():
    page = make_page()
    root = ElementTree.fromstring(render('page', page, 'a.jpg'))
    regions = list(root.iter(f'{PAGE}TextRegion'))
    order = [ref.get('regionRef') for ref in root.iter(f'{PAGE}RegionRefIndexed')]
    assert order == [region.get('id') for region in regions]
    texts = [region.findtext(f'{PAGE}TextEquiv/{PAGE}Unicode') for region in regions]
    assert texts == [block.text for block in page.blocks]
    words = [word.findtext(f'{PAGE}TextEquiv/{PAGE}Unicode') for word in root.iter(f'{PAGE}Word')]
    assert words == [word.text for word in page.words]
    empty = ElementTree.fromstring(render('page', Page.from_words([], SIZE), 'a.jpg'))
    check_model(empty, PAGE, PAGE_MODEL)


def test_hocr_contains_words_and_places():
    page = make_page()
    root = ElementTree.fromstring(render('hocr', page, 'a "b".jpg'))
    by_class: dict[str, list[ElementTree.Element]] = {}
    for element in root.iter():
        by_class.setdefault(element.get('class', ''), []).append(element)
    system = {meta.get('name'): meta.get('content') for meta in root.iter(f'{XHTML}meta')}
    assert str(system['ocr-system']).startswith('clipter-spotter ')
    used = {name for name in by_class if name.startswith('ocr')}
    assert used <= set(str(system['ocr-capabilities']).split())
    title = by_class['ocr_page'][0].get('title', '')
    assert title == 'image "a \\"b\\".jpg"; bbox 0 0 400 300; ppageno 0'
    assert [word.text for word in by_class['ocrx_word']] == [word.text for word in page.words]
    parent = {child: element for element in root.iter() for child in element}
    first = next(word for word in by_class['ocrx_word'] if word.text == 'Straße')
    properties = dict(part.split(' ', 1) for part in first.get('title', '').split('; '))
    assert properties == {
        'bbox': '20 30 81 50', 'x_wconf': '75', 'poly': '20 30 80 30 80 50 20 50',
    }  # fmt: skip
    chain = []
    while first in parent:
        first = parent[first]
        chain.append(first.get('class'))
    assert chain[:4] == ['ocr_line', 'ocr_par', 'ocr_carea', 'ocr_page']
    upwards = next(word for word in by_class['ocrx_word'] if word.text == 'up')
    assert 'textangle 90.0' in parent[upwards].get('title', '')
    for words in by_class['ocrx_word']:
        check_points(numbers(words.get('title', '').split('poly')[1]))


def test_control_characters_do_not_break_documents():
    page = Page.from_words([make_word('a\x00\x0bb', 10, 10)], SIZE)
    for name in ('alto', 'page', 'hocr'):
        assert 'a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b' in render(name, page, 'x')
        ElementTree.fromstring(render(name, page, 'x\x01'))


def test_pdf_contains_the_image_and_its_text():
    pytest.importorskip('reportlab')
    page = make_page()
    pdf = pypdfium2.PdfDocument(render('pdf', page, 'a.jpg', image()))
    assert len(pdf) == 1
    scale = 72 / PDF_DPI
    assert pdf[0].get_size() == pytest.approx((400 * scale, 300 * scale), abs=0.01)
    shown = pdf[0].render(scale=1 / scale).to_numpy()
    assert shown.shape[:2] == SIZE and np.abs(shown.astype(int) - 200).max() <= 2  # Invisible text.
    text = pdf[0].get_textpage()
    assert sorted(text.get_text_range().split()) == sorted(word.text for word in page.words)
    for word in page.words:
        (first, count) = text.search(word.text).get_next()
        boxes = np.array([text.get_charbox(first + i) for i in range(count)]) / scale
        found = np.array([boxes[:, 0].min(), 300 - boxes[:, 3].max(), boxes[:, 2].max(),
                          300 - boxes[:, 1].min()])  # fmt: skip
        low, high = word.polygon.min(0), word.polygon.max(0)
        center = (found[:2] + found[2:]) / 2
        assert (center > low).all() and (center < high).all(), (word.text, found, low, high)


def test_pdf_separates_words_that_touch():
    pytest.importorskip('reportlab')
    page = Page.from_words([make_word('Fresh', 20, 30), make_word('Bread', 80, 30)], SIZE)
    pdf = pypdfium2.PdfDocument(render('pdf', page, 'a.jpg', image()))
    assert pdf[0].get_textpage().get_text_range().strip() == 'Fresh Bread'


def test_pdf_of_several_pages():
    pytest.importorskip('reportlab')
    pages = [
        DocumentPage(Page.from_words([make_word(text, 10, 10)], SIZE), f'{text}.jpg', image())
        for text in ('one', 'two')
    ]
    pdf = pypdfium2.PdfDocument(render_pages('pdf', pages))
    assert [page.get_textpage().get_text_range().strip() for page in pdf] == ['one', 'two']


def test_pdf_errors_name_what_is_missing(monkeypatch):
    with pytest.raises(ValueError, match=r"requires the image of each page.*'a.jpg'"):
        render('pdf', make_page(), 'a.jpg')
    with pytest.raises(ValueError, match=r'one size.*\(30, 400\) and \(300, 400\)'):
        render('pdf', make_page(), 'a.jpg', image()[:30])
    real = builtins.__import__

    def no_reportlab(name, *args, **kwargs):
        if name.startswith('reportlab'):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', no_reportlab)
    with pytest.raises(ImportError, match=r"pip install -e '\.\[pdf\]'"):
        render('pdf', make_page(), 'a.jpg', image())


@pytest.mark.parametrize('name', ['hocr', 'alto'])
def test_documents_of_several_pages_have_unique_ids(name):
    pages = [DocumentPage(make_page(), f'{number}.jpg') for number in (1, 2)]
    root = ElementTree.fromstring(render_pages(name, pages))
    ids = [e.get('id') or e.get('ID') for e in root.iter() if e.get('id') or e.get('ID')]
    assert len(ids) == len(set(ids)) > 20


def test_text_has_a_blank_line_between_blocks():
    text = render('txt', make_page(), 'a.jpg')
    assert text == make_page().text + '\n'
    assert 'Straße <b>&"\n日本' in str(text) and '\n\n' in str(text)
    assert render('txt', Page.from_words([], SIZE), 'a.jpg') == ''
    pages = [DocumentPage(make_page(), f'{name}.jpg') for name in 'ab']
    assert render_pages('txt', pages) == f'{text}\f{text}'


def test_json_is_one_record_with_one_line_per_word():
    text = str(render('json', make_page(), 'ä.jpg'))
    assert json.loads(text) == {'image': 'ä.jpg', **make_page().to_dict()}
    assert len(text.splitlines()) == 5 + 2


def test_csv_of_several_pages_has_one_header():
    pages = [DocumentPage(make_page(), name) for name in ('a.jpg', 'b.jpg')]
    lines = str(render_pages('csv', pages)).splitlines()
    assert lines[0].startswith('image,block,line,text,score,det_score,rec_score,x1,y1,')
    assert [line.split(',')[0] for line in lines[1:]] == ['a.jpg'] * 5 + ['b.jpg'] * 5


def test_render_names_the_formats():
    with pytest.raises(ValueError, match="got 'xml'"):
        render('xml', make_page(), 'a.jpg')
    assert set(DOCUMENT_FORMATS) == {'json', 'csv', 'txt', 'hocr', 'alto', 'page', 'pdf'}
    with pytest.raises(ValueError, match='one page'):
        render_pages('page', [DocumentPage(make_page(), 'a')] * 2)
