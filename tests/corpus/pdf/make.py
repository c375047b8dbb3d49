"""Makes PDF templates with the tools that people make them with, and writes down what pypdf finds in them.

    python -m venv VENV && VENV/bin/pip install -r requirements.txt
    VENV/bin/python make.py FOLDER

LibreOffice (`soffice`, Debian: libreoffice-writer-nogui) is used where it is there. FOLDER then has the files and
`reference.json`; the tests of vestry-pdf-fields read both when VESTRY_CORPUS says where they are.
"""

import json
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pikepdf
import pypdf
from pikepdf import Array, Dictionary, Name, String
from reportlab.lib import colors, pagesizes, pdfencrypt
from reportlab.pdfgen import canvas

from reference import PASSWORD, reference


# reportlab


def reportlab_form(path, size=pagesizes.letter, pages=1, each=5, encrypt=None):
    page = canvas.Canvas(str(path), pagesize=size, encrypt=encrypt)
    for number in range(pages):
        page.drawString(72, size[1] - 50, f"Page {number + 1}")
        page.bookmarkPage(f"p{number}")
        page.addOutlineEntry(f"Part {number + 1}", f"p{number}", level=number % 2)
        for line in range(each):
            reportlab_field(page, number * each + line, size[1] - 80 - 30 * line)
        page.showPage()
    page.save()


def reportlab_field(page, index, y):
    form, name = page.acroForm, f"field {index}"
    if index % 5 == 0:
        form.textfield(name=name, tooltip=f"What is {index}?", x=72, y=y, width=200, height=20, value="here")
    elif index % 5 == 1:
        form.checkbox(name=name, tooltip="Yes or no", x=72, y=y, size=20, checked=index % 2 == 0)
    elif index % 5 == 2:
        for at, value in enumerate(["one", "two", "three"]):
            form.radio(name=name, value=value, selected=at == 1, x=72 + 40 * at, y=y, size=20)
    elif index % 5 == 3:
        form.choice(name=name, value="b", options=[("Alpha", "a"), ("Beta", "b")], x=72, y=y, width=90, height=20)
    else:
        form.listbox(name=name, value="C", options=["A", "B", "C"], x=72, y=y, width=90, height=25)


def reportlab_flags(path):
    page = canvas.Canvas(str(path))
    flags = ["required", "readOnly", "multiline", "password", "comb", "noExport", "required multiline"]
    for at, flag in enumerate(flags):
        page.acroForm.textfield(name=flag, fieldFlags=flag, maxlen=12, x=72, y=700 - 40 * at, width=200, height=20)
    page.acroForm.checkbox(name="colored", fillColor=colors.red, buttonStyle="cross", x=72, y=100)
    page.showPage()
    page.save()


# LibreOffice


def office_document(controls, shapes, pages=1):
    """A flat OpenDocument text with a form."""
    breaks = "".join('<text:p text:style-name="Break">next</text:p>' for _ in range(pages - 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:form="urn:oasis:names:tc:opendocument:xmlns:form:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 xmlns:ooo="http://openoffice.org/2004/office"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.text">
<office:automatic-styles><style:style style:name="Break" style:family="paragraph">
<style:paragraph-properties fo:break-before="page"/></style:style></office:automatic-styles>
<office:body><office:text>
<office:forms><form:form form:name="Form" form:control-implementation="ooo:com.sun.star.form.component.Form">
{controls}</form:form></office:forms>
<text:p>A form{shapes}</text:p>{breaks}
</office:text></office:body></office:document>"""


def office_control(kind, name, at, extra="", inner=""):
    component = {"text": "TextField", "textarea": "TextField", "checkbox": "CheckBox", "radio": "RadioButton"}
    component |= {"listbox": "ListBox", "combobox": "ComboBox", "formatted-text": "FormattedField", "date": "DateField"}
    implementation = f"ooo:com.sun.star.form.component.{component[kind]}"
    control = (
        f'<form:{kind} form:name="{name}" form:control-implementation="{implementation}" xml:id="c{at}"'
        f' form:id="c{at}" {extra}>{inner}</form:{kind}>\n'
    )
    shape = (
        f'<draw:control text:anchor-type="paragraph" draw:z-index="{at}" svg:width="5cm" svg:height="0.7cm"'
        f' svg:x="1cm" svg:y="{1 + at}cm" draw:control="c{at}"/>'
    )
    return control, shape


def office_kinds(names):
    options = "".join(f'<form:option form:label="{label}"/>' for label in ["red", "green", "blue"])
    items = "".join(f'<form:item form:label="{label}"/>' for label in ["red", "green", "blue"])
    kinds = [
        ("text", names[0], 'form:value="hello" form:title="What you are called"', ""),
        ("textarea", names[1], "", ""),
        ("checkbox", names[2], 'form:label="agreed"', ""),
        ("radio", names[3], 'form:label="one" form:value="one"', ""),
        ("radio", names[3], 'form:label="two" form:value="two"', ""),
        ("listbox", names[4], "", options),
        ("combobox", names[5], "", items),
        ("formatted-text", names[6], "", ""),
        ("date", names[7], "", ""),
    ]
    made = [office_control(kind, name, at, extra, inner) for at, (kind, name, extra, inner) in enumerate(kinds)]
    return "".join(control for control, _ in made), "".join(shape for _, shape in made)


def office(folder):
    if not shutil.which("soffice"):
        print("without LibreOffice, four files fewer")
        return
    plain = ["name", "about", "agree", "choice", "color", "other", "amount", "day"]
    arabic = ["الاسم", "حول", "موافق", "خيار", "لون", "آخر", "مبلغ", "يوم"]
    documents = {
        "office": office_document(*office_kinds(plain)),
        "office-arabic": office_document(*office_kinds(arabic)),
        "office-pages": office_document(*office_kinds(plain), pages=4),
        "office-plain": office_document("", ""),
    }
    for name, text in documents.items():
        source = folder / f"{name}.fodt"
        source.write_text(text, encoding="utf-8")
        command = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        source.unlink()


# pikepdf: what other programs write, put together object by object


def widget(pdf, **entries):
    rect = entries.pop("Rect", [72, 700, 272, 720])
    return pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=Array(rect), F=4, **entries))


def states(pdf, *names):
    pictures = Dictionary({f"/{name}": pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
                           for name in names})
    return Dictionary(N=pictures)


def blank(pages=1, size=(612, 792)):
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=size)
    return pdf


def put(pdf, page, annotations, fields=None, **form):
    pdf.pages[page].obj.Annots = pdf.make_indirect(Array(annotations))
    if fields is not None:
        if Name.AcroForm not in pdf.Root:
            pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([]), **form))
        pdf.Root.AcroForm.Fields.extend(fields)


def family(pdf, node, *kids):
    for kid in kids:
        kid.Parent = node
    node.Kids = Array(kids)
    return node


def inherited():
    pdf = blank()
    texts = [widget(pdf, T=String(name), Rect=[72, 700 - 30 * at, 272, 720 - 30 * at])
             for at, name in enumerate(["street", "city", "zip"])]
    texts[2].Ff = 0
    parent = pdf.make_indirect(Dictionary(T=String("address"), FT=Name.Tx, Ff=2, MaxLen=30, V=String("unknown"),
                                          DV=String("none"), DA=String("/Helv 10 Tf")))
    top = pdf.make_indirect(Dictionary(T=String("client")))
    family(pdf, parent, *texts)
    family(pdf, top, parent)
    choices = [widget(pdf, T=String(name), Rect=[300, 700 - 30 * at, 400, 720 - 30 * at])
               for at, name in enumerate(["first", "second"])]
    options = Array([Array([String("de"), String("German")]), Array([String("fr"), String("French")]), String("other")])
    languages = pdf.make_indirect(Dictionary(T=String("language"), FT=Name.Ch, Ff=1 << 17, Opt=options, V=String("fr")))
    family(pdf, languages, *choices)
    put(pdf, 0, texts + choices, [top, languages])
    return pdf


def kinds():
    pdf = blank()
    rows = {
        "text": dict(FT=Name.Tx, V=String("x")),
        "rich": dict(FT=Name.Tx, Ff=1 << 25 | 1 << 12),
        "file": dict(FT=Name.Tx, Ff=1 << 20),
        "push": dict(FT=Name.Btn, Ff=1 << 16),
        "signature": dict(FT=Name.Sig),
        "combo": dict(FT=Name.Ch, Ff=1 << 17 | 1 << 18, Opt=Array([String("a"), String("b")]), V=String("else")),
        "several": dict(FT=Name.Ch, Ff=1 << 21, Opt=Array([String("a"), String("b"), String("c")]),
                        V=Array([String("a"), String("c")])),
        "check": dict(FT=Name.Btn, V=Name("/Ja nein"), AS=Name("/Ja nein"), AP=states(pdf, "Ja nein", "Off")),
        "unpressed": dict(FT=Name.Btn, V=Name.Off, AS=Name.Off, AP=states(pdf, "Yes", "Off")),
    }
    made = [widget(pdf, T=String(name), Rect=[72, 700 - 30 * at, 272, 720 - 30 * at], **row)
            for at, (name, row) in enumerate(rows.items())]
    put(pdf, 0, made, made)
    return pdf


def groups():
    """Radios with labels, check boxes of one name, one text in two places."""
    pdf = blank(2)
    radios = [widget(pdf, Rect=[72 + 40 * at, 700, 92 + 40 * at, 720], AS=Name(f"/{at}" if at == 1 else "/Off"),
                     AP=states(pdf, str(at), "Off")) for at in range(3)]
    radio = pdf.make_indirect(Dictionary(T=String("radio"), FT=Name.Btn, Ff=1 << 15, V=Name("/1"),
                                         Opt=Array([String("née"), String("nee"), String("neé")])))
    boxes = [widget(pdf, Rect=[72, 600 - 30 * at, 92, 620 - 30 * at], AS=Name.Off, AP=states(pdf, on, "Off"))
             for at, on in enumerate(["A", "B"])]
    box = pdf.make_indirect(Dictionary(T=String("boxes"), FT=Name.Btn, V=Name.Off))
    twice = [widget(pdf), widget(pdf)]
    both = pdf.make_indirect(Dictionary(T=String("both pages"), FT=Name.Tx, TU=String("Shown twice")))
    for node, kids in [(radio, radios), (box, boxes), (both, twice)]:
        family(pdf, node, *kids)
    put(pdf, 0, radios + boxes + twice[:1], [radio, box, both])
    put(pdf, 1, twice[1:], [])
    return pdf


def names():
    pdf = blank()
    texts = {
        "plain": b"Stra\xdfe \x80 \xa0",
        "wide": b"\xfe\xff" + "姓名 😀".encode("utf-16-be"),
        "utf-8": b"\xef\xbb\xbf" + "имя".encode(),
        "bracket": b"form1[0].#subform[0].a(b)c\\d",
        "quotes": b"say \"x\": 'y' # {z}",
        "lines": b"two\nlines",
    }
    made = [widget(pdf, T=String(text), FT=Name.Tx, V=String(text), TU=String(text),
                   Rect=[72, 700 - 30 * at, 272, 720 - 30 * at]) for at, text in enumerate(texts.values())]
    put(pdf, 0, made, made)
    return pdf


def turned():
    pdf = blank(5, (400, 600))
    made = []
    for at, page in enumerate(pdf.pages):
        page.Rotate = [0, 90, 180, 270, -90][at]
        page.CropBox = Array([20, 30, 380, 590])
        made.append(widget(pdf, T=String(f"turned {at}"), FT=Name.Tx, Rect=[120, 330, 50, 300]))
        put(pdf, at, made[-1:], made[-1:])
    return pdf


def unlisted():
    """Fields that pages have and the form does not: alone, below a listed parent, and as part of the page."""
    pdf = blank()
    listed = widget(pdf, T=String("listed"), FT=Name.Tx)
    alone = widget(pdf, T=String("alone"), FT=Name.Tx, Rect=[72, 600, 100, 620])
    parent = pdf.make_indirect(Dictionary(T=String("parent"), FT=Name.Tx, Kids=Array([])))
    below = widget(pdf, T=String("below"), Parent=parent, Rect=[72, 500, 100, 520])
    inside = Dictionary(Type=Name.Annot, Subtype=Name.Widget, T=String("inside"), FT=Name.Btn, Rect=[72, 400, 100, 420])
    put(pdf, 0, [listed, alone, below, inside], [listed])
    return pdf


def formless():
    pdf = blank()
    put(pdf, 0, [widget(pdf, T=String("formless"), FT=Name.Tx)])
    return pdf


def xfa(only):
    pdf = blank()
    made = [] if only else [widget(pdf, T=String("form1[0].name[0]"), FT=Name.Tx)]
    put(pdf, 0, made, made)
    pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")
    if only:
        pdf.Root.NeedsRendering = True
    return pdf


def nowhere():
    pdf = blank()
    ghost = pdf.make_indirect(Dictionary(T=String("ghost"), FT=Name.Tx, V=String("boo")))
    told = widget(pdf, T=String("told by itself"), FT=Name.Tx, P=pdf.pages[0].obj)
    kindless = widget(pdf, T=String("kindless"))
    put(pdf, 0, [kindless], [ghost, told, kindless])
    return pdf


def twins():
    pdf = blank(2)
    made = [widget(pdf, T=String("twin"), FT=Name.Tx), widget(pdf, T=String("twin"), FT=Name.Tx)]
    put(pdf, 0, made[:1], made[:1])
    put(pdf, 1, made[1:], made[1:])
    return pdf


def circles():
    pdf = blank(2)
    made = widget(pdf, T=String("good"), FT=Name.Tx)
    first = pdf.make_indirect(Dictionary(T=String("first"), FT=Name.Tx))
    second = pdf.make_indirect(Dictionary(T=String("second"), Kids=Array([first]), Parent=first))
    first.Kids, first.Parent = Array([second]), second
    put(pdf, 0, [made], [made, first])
    return pdf


def deep():
    """A page tree and a field tree of twenty levels."""
    pdf = blank()
    leaf = widget(pdf, T=String("leaf"))
    node = leaf
    for level in range(20):
        parent = pdf.make_indirect(Dictionary(T=String(f"l{level}")))
        node = family(pdf, parent, node)
    node.FT = Name.Tx
    put(pdf, 0, [leaf], [node])
    pages = pdf.Root.Pages
    for _ in range(20):
        above = pdf.make_indirect(Dictionary(Type=Name.Pages, Count=1, Kids=Array([pages])))
        pages.Parent = above
        pages = above
    pdf.Root.Pages = pages
    return pdf


# Bytes: what no library writes any more, and what happens to files on their way


class Raw:
    """A file written by hand."""

    def __init__(self):
        self.out, self.at = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), {}

    def object(self, number, body):
        self.at[number] = len(self.out)
        self.out += b"%d 0 obj\n%s\nendobj\n" % (number, body)

    def stream(self, number, entries, body):
        self.object(number, b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(body), body))

    def pack(self, number, objects, entries=b"/Filter /FlateDecode", packer=zlib.compress):
        head, bodies = b"", b""
        for inner, body in objects.items():
            head += b"%d %d " % (inner, len(bodies))
            bodies += body + b" "
        told = b"/Type /ObjStm /N %d /First %d %s" % (len(objects), len(head), entries)
        self.stream(number, told, packer(head + bodies))

    def rows(self, places):
        """An unpacked list of all objects, those in object streams among them: number: (stream, index)."""
        size = max([*self.at, *places]) + 2
        self.at[size - 1] = len(self.out)
        rows = b""
        for number in range(size):
            if number in places:
                rows += b"\2" + places[number][0].to_bytes(3, "big") + bytes([places[number][1]])
            elif number in self.at:
                rows += b"\1" + self.at[number].to_bytes(3, "big") + b"\0"
            else:
                rows += b"\0\0\0\0\xff"
        return size, rows

    def table(self, trailer, hidden=()):
        start, size = len(self.out), max([*self.at, *hidden]) + 1
        self.out += b"xref\n0 %d\n0000000000 65535 f \n" % size
        for number in range(1, size):
            entry = b"%010d 00000 n \n" % self.at[number] if number in self.at else b"0000000000 00000 f \n"
            self.out += entry
        self.out += b"trailer\n<< /Size %d %s >>\n" % (size, trailer)
        self.end(start)

    def end(self, start):
        self.out += b"startxref\n%d\n%%%%EOF\n" % start


ROOT = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R 5 0 R] >> >>"
TREE = b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>"
SHEET = b"<< /Type /Page /Parent 2 0 R /Annots [4 0 R 5 0 R] >>"
FIRST = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (first) /V (1) /Rect [72 700 272 720] >>"
SECOND = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (second) /V (2) /Rect [72 660 272 680] >>"
SMALL = {1: ROOT, 2: TREE, 3: SHEET, 4: FIRST, 5: SECOND}


def small():
    raw = Raw()
    for number, body in SMALL.items():
        raw.object(number, body)
    raw.table(b"/Root 1 0 R")
    return bytes(raw.out)


def hybrid():
    """Old readers see one field, new ones both: the second one is in an object stream that the table hides."""
    raw = Raw()
    for number in [1, 2, 3, 4]:
        raw.object(number, SMALL[number])
    raw.pack(6, {5: SECOND})
    start = len(raw.out)
    raw.stream(7, b"/Type /XRef /W [1 3 1] /Index [5 1] /Size 8", b"\2" + (6).to_bytes(3, "big") + b"\0")
    raw.table(b"/Root 1 0 R /XRefStm %d" % start, hidden=[5])
    return bytes(raw.out)


def packed(entries, packer, predictor=b""):
    """Everything in an object stream, and the list in another one."""
    raw = Raw()
    raw.pack(6, SMALL, entries, packer)
    start = len(raw.out)
    size, rows = raw.rows({number: (6, at) for at, number in enumerate(SMALL)})
    if predictor:
        above, told = bytes(5), b""
        for at in range(0, len(rows), 5):
            told += b"\2" + bytes((now - up) % 256 for now, up in zip(rows[at : at + 5], above))
            above = rows[at : at + 5]
        rows = told
    raw.stream(size - 1, b"/Type /XRef /W [1 3 1] /Size %d /Root 1 0 R /Filter /FlateDecode %s" % (size, predictor),
               zlib.compress(rows))
    raw.end(start)
    return bytes(raw.out)


def base85(data):
    import base64

    return base64.a85encode(data) + b"~>"


def increments():
    """Changed twice: a field has another value, one is new, one is gone."""
    raw = Raw()
    for number, body in SMALL.items():
        raw.object(number, body)
    raw.table(b"/Root 1 0 R")
    for change in [{4: FIRST.replace(b"(1)", b"(changed)")},
                   {1: ROOT.replace(b"5 0 R", b"6 0 R"), 3: SHEET.replace(b"5 0 R", b"6 0 R"),
                    6: SECOND.replace(b"second", b"third")}]:
        before = raw.out.rindex(b"startxref\n") + 10
        before = int(raw.out[before : raw.out.index(b"\n", before)])
        for number, body in change.items():
            raw.object(number, body)
        start = len(raw.out)
        raw.out += b"xref\n"
        for number in change:
            raw.out += b"%d 1\n%010d 00000 n \n" % (number, raw.at[number])
        if 6 in change:
            raw.out += b"5 1\n0000000000 00001 f \n"
        raw.out += b"trailer\n<< /Size 7 /Root 1 0 R /Prev %d >>\n" % before
        raw.end(start)
    return bytes(raw.out)


def damages(plain, streams):
    """Damaged files by name; the second file has object streams."""
    xref = plain.rindex(b"xref\n0 ")
    return {
        "damaged-startxref": plain[: plain.rindex(b"startxref")] + b"startxref\n99999999\n%%EOF\n",
        "damaged-offsets": plain.replace(b"%PDF-1.5\n", b"%PDF-1.5\n% four lines of no use were put in here\n", 1),
        "damaged-no-table": plain[:xref],
        "damaged-no-trailer": plain[: plain.rindex(b"trailer")],
        "damaged-end": plain[: int(len(plain) * 0.93)],
        "damaged-before": b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + plain,
        "damaged-lines": plain.replace(b" \n00000", b"\n00000").replace(b" n \n", b" n\n"),
        "damaged-numbers": plain.replace(b"xref\n0 ", b"xref\n1 ", 1),
        "damaged-streams": streams[: streams.rindex(b"startxref")],
        "damaged-length": streams.replace(b"/Length ", b"/Length 9"),
    }


def save_all(folder):
    reportlab_form(folder / "reportlab.pdf")
    reportlab_form(folder / "reportlab-landscape.pdf", pagesizes.landscape(pagesizes.A4), 3)
    reportlab_form(folder / "large.pdf", pages=40)
    reportlab_flags(folder / "reportlab-flags.pdf")
    for strength in (40, 128):
        for user in ("", PASSWORD):
            lock = pdfencrypt.StandardEncryption(user, ownerPassword="owner", strength=strength)
            name = f"reportlab-{strength}{'-password' if user else ''}.pdf"
            reportlab_form(folder / name, encrypt=lock)
    office(folder)
    built = {"inherited": inherited(), "kinds": kinds(), "groups": groups(), "names": names(), "turned": turned()}
    built |= {"unlisted": unlisted(), "formless": formless(), "xfa-hybrid": xfa(False), "xfa-only": xfa(True)}
    built |= {"nowhere": nowhere(), "twins": twins(), "circles": circles(), "deep": deep()}
    for name, pdf in built.items():
        pdf.save(folder / f"{name}.pdf", static_id=True)
    variants(folder)
    plain = small()
    streams = packed(b"/Filter /FlateDecode", zlib.compress)
    files = {"small": plain, "hybrid": hybrid(), "increments": increments(), "streams": streams}
    files["streams-predictor"] = packed(b"/Filter /FlateDecode", zlib.compress,
                                        b"/DecodeParms << /Predictor 12 /Columns 5 >>")
    files["streams-base85"] = packed(b"/Filter [/ASCII85Decode /FlateDecode]", lambda data: base85(zlib.compress(data)))
    files["streams-hex"] = packed(b"/Filter /ASCIIHexDecode", lambda data: data.hex().encode() + b">")
    files |= damages(plain, streams)
    for name, data in files.items():
        (folder / f"{name}.pdf").write_bytes(data)


def variants(folder):
    """One file as qpdf writes it in different ways."""
    for name, pages in [("reportlab", 1), ("large", 40)]:
        with pikepdf.open(folder / f"{name}.pdf") as pdf:
            pdf.save(folder / f"{name}-streams.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate)
            pdf.save(folder / f"{name}-linear.pdf", linearize=True)
    with pikepdf.open(folder / "inherited.pdf") as pdf:
        pdf.save(folder / "readable.pdf", qdf=True)
        for revision in (2, 3, 4, 5, 6):
            for user in ("", PASSWORD):
                lock = pikepdf.Encryption(owner="owner", user=user, R=revision, aes=revision >= 4,
                                          metadata=revision >= 4)
                mode = pikepdf.ObjectStreamMode.generate if revision > 4 else pikepdf.ObjectStreamMode.disable
                name = f"locked-{revision}{'-password' if user else ''}.pdf"
                pdf.save(folder / name, encryption=lock, object_stream_mode=mode)
    writer = pypdf.PdfWriter(folder / "kinds.pdf", incremental=True)
    writer.update_page_form_field_values(writer.pages[0], {"text": "filled in"}, auto_regenerate=False)
    writer.write(folder / "increment-pypdf.pdf")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    save_all(folder)
    files = {path.stem: reference(path) for path in sorted(folder.glob("*.pdf"))}
    (folder / "reference.json").write_text(json.dumps(files, indent=1, ensure_ascii=False))
    print(f"{len(files)} files, {sum('error' in found for found in files.values())} of them not read by pypdf {pypdf.__version__}")


if __name__ == "__main__":
    main()
