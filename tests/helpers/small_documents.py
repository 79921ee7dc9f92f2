"""Small PDF files for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_SIZE = b'/MediaBox[0 0 72 36]'


def text_pdf(texts: Sequence[str]) -> bytes:
    """A page of 72 x 36 points with one text in Helvetica per page."""
    pages = range(4, 4 + 2 * len(texts), 2)
    kids = b' '.join(b'%d 0 R' % page for page in pages)
    bodies = [
        b'<</Type/Catalog/Pages 2 0 R>>',
        b'<</Type/Pages/Count %d/Kids[%s]>>' % (len(texts), kids),
        b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ]
    for page, text in zip(pages, texts):
        drawing = b'BT /F 16 Tf 6 12 Td (%s) Tj ET' % text.encode('ascii')
        resources = b'/Resources<</Font<</F 3 0 R>>>>'
        bodies += [
            b'<</Type/Page/Parent 2 0 R%s%s/Contents %d 0 R>>' % (_SIZE, resources, page + 1),
            b'<</Length %d>>stream\n%s\nendstream' % (len(drawing), drawing),
        ]
    return join_objects(bodies)


def join_objects(bodies: Iterable[bytes], trailer: bytes = b'') -> bytes:
    """A PDF file of objects with the numbers 1, 2, ...; the first is the catalog."""
    data = b'%PDF-1.4\n'
    table = b'0000000000 65535 f \n'
    count = 1
    for count, body in enumerate(bodies, 2):
        table += b'%010d 00000 n \n' % len(data)
        data += b'%d 0 obj\n%s\nendobj\n' % (count - 1, body)
    end = b'xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n'
    return data + end % (count, table, count, trailer, len(data))
