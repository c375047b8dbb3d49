"""Makes the corpus of DOCX templates, and the reference: what docxtpl finds in each.

    python3 -m venv V && V/bin/pip install -r requirements.txt
    V/bin/python make.py FOLDER
    VESTRY_CORPUS=FOLDER cargo test -p vestry-docx-fields --test corpus -- --nocapture

Templates are written by python-docx (with the cuts that Word makes), by docxtpl and by LibreOffice (`soffice`; left out
where it is not installed). `random-*.docx` come of a seeded grammar, a part of them with a character taken out. Each run
makes the same templates, but for the date of a comment and what LibreOffice writes of itself.
"""

import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docxtpl import DocxTemplate, RichText

from grammar import Grammar
from reference import reference

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RANDOM = 1_000
MADE = {}


def template(function):
    """Adds what the function makes of an empty document; it may answer a function that changes the file's parts."""
    MADE[function.__name__.replace("_", "-")] = function
    return function


def lines(doc, *texts):
    for text in texts:
        doc.add_paragraph(text)


def runs(doc, *pieces, between=""):
    """A paragraph whose runs are cut as Word does, with something between them."""
    esc = lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    cut = between.join(
        f'<w:r w:rsidR="00A{number:05X}"><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{esc(piece)}</w:t></w:r>'
        for number, piece in enumerate(pieces)
    )
    raw(doc, f"<w:p>{cut}</w:p>")


def raw(doc, xml):
    """An element before the properties of the last section."""
    spaces = nsdecls("w", "wp", "a", "r", "m", "w14") + " " + (
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
        'xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    element = parse_xml(re.sub(r"^<([\w:]+)", rf"<\1 {spaces}", xml, count=1))
    doc.element.body.insert(len(doc.element.body) - 1, element)


def table(doc, *rows):
    made = doc.add_table(rows=len(rows), cols=len(rows[0]))
    for cells, row in zip(made.rows, rows):
        for cell, text in zip(cells.cells, row):
            cell.text = text


def with_part(name, kind, xml):
    """Adds a part to the finished file."""

    def change(parts):
        parts[f"word/{name}.xml"] = xml
        types = parts["[Content_Types].xml"]
        of = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"
        parts["[Content_Types].xml"] = types.replace(
            "</Types>", f'<Override PartName="/word/{name}.xml" ContentType="{of}"/></Types>'
        )
        rels = parts["word/_rels/document.xml.rels"]
        parts["word/_rels/document.xml.rels"] = rels.replace(
            "</Relationships>", f'<Relationship Id="rIdX{kind}" Type="{R}/{kind}" Target="{name}.xml"/></Relationships>'
        )

    return change


@template
def letter(doc):
    lines(doc, "Dear {{ client.title }} {{ client.name }},", "you owe {{ amount }} since {{since}}.", "{{ signature }}")


@template
def runs_cut(doc):
    runs(doc, "Dear {", "{ cli", "ent.na", "me }", "} and {", "%", " if guest %}guests{% e", "ndif %}")


@template
def spelling_and_bookmarks(doc):
    runs(doc, "{{ fir", "st", "_name }}", between='<w:proofErr w:type="spellStart"/>')
    runs(doc, "{{ la", "st_name", " }}", between='<w:bookmarkStart w:id="1" w:name="x"/><w:bookmarkEnd w:id="1"/>')
    runs(doc, "{{ a", "ge }}", between="<w:r><w:lastRenderedPageBreak/><w:tab/></w:r>")


@template
def smart_quotes(doc):
    lines(doc, "{{ “, ”.join(names) }}", "{% if state == ‘open’ %}{{ a[“key”] }}{% endif %}", "{{ t(‘it is “so”’) }}")


@template
def paragraphs(doc):
    lines(doc, "{%p for item in items %}", "{{ item.name }}: {{ item.price }}", "{%p if item.note %}", "{{ item.note }}")
    lines(doc, "{%p endif %}", "{%p endfor %}", "{%p if total > 100 %}", "{{ discount }}", "{%p endif %}")


@template
def rows(doc):
    table(doc, ("Name", "Price"), ("{%tr for line in lines %}", ""), ("{{ line.name }}", "{{ line.price }}"), ("{%tr endfor %}", ""))


@template
def rows_with_more(doc):
    """What stands beside a row's tag is lost."""
    table(doc, ("{%tr for a in b %} {{ lost }}", "{{ lost_too }}"), ("{{ a }}", "{{ c }}"), ("{%tr endfor %}", "x"))


@template
def cells(doc):
    table(doc, ("{%tc for c in columns %}", "{{ c }}", "{%tc endfor %}"), ("{%tc for c in columns %}", "{{ row[c] }}", "{%tc endfor %}"))


@template
def rich(doc):
    lines(doc, "{{r rich_text }} and {{r other}}", "{%r if bold %}", "{{p sub_document }}", "{%r endif %}")


@template
def headers(doc):
    doc.add_paragraph("{{ body }}")
    section = doc.sections[0]
    section.header.paragraphs[0].text = "{{ office.name }}"
    section.footer.paragraphs[0].text = "{% if draft %}Draft{% endif %} {{ footer_text }}"


@template
def headers_first_and_even(doc):
    section = doc.sections[0]
    section.different_first_page_header_footer = True
    doc.settings.odd_and_even_pages_header_footer = True
    section.first_page_header.paragraphs[0].text = "{{ first }}"
    section.even_page_header.paragraphs[0].text = "{{ even }}"
    section.header.paragraphs[0].text = "{{ odd }}"
    doc.add_section().footer.paragraphs[0].text = "{{ second_section }}"
    doc.sections[1].footer.is_linked_to_previous = False


def notes(name, element, text):
    body = f'<w:{element} w:id="2"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{element}>'
    return with_part(name, name, f'<?xml version="1.0" encoding="UTF-8"?><w:{name} xmlns:w="{W}">{body}</w:{name}>')


@template
def footnotes(doc):
    doc.add_paragraph("{{ body }}")
    return notes("footnotes", "footnote", "See {{ source }} of {</w:t></w:r><w:r><w:t>{ year }}")


@template
def endnotes(doc):
    doc.add_paragraph("{{ body }}")
    return notes("endnotes", "endnote", "{% for e in references %}{{ e }}{% endfor %}")


@template
def comments(doc):
    paragraph = doc.add_paragraph("{{ body }}")
    doc.add_comment(paragraph.runs, text="ask {{ reviewer }}", author="A", initials="A")


@template
def text_box(doc):
    box = "<w:p><w:r><w:t>{{ in_</w:t></w:r><w:r><w:t>box }} {% if shown %}x{% endif %}</w:t></w:r></w:p>"
    raw(
        doc,
        "<w:p><w:r><w:t>{{ before }}</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>"
        f"<wps:wsp><wps:txbx><w:txbxContent>{box}</w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox><w:txbxContent>{box}</w:txbxContent></v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r><w:r><w:t>{{ after }}</w:t></w:r></w:p>",
    )


@template
def content_controls(doc):
    item = lambda kind: f"<w:{kind}><w:listItem w:displayText='One' w:value='1'/><w:listItem w:value='2'/></w:{kind}>"
    for tag, kind, text in [
        ("name", "<w:text/>", "Click here"),
        ("colour", item("dropDownList"), "One"),
        ("size", item("comboBox"), "2"),
        ("born", "<w:date><w:dateFormat w:val='d.M.yyyy'/></w:date>", "1.1.2000"),
        ("agreed", "<w14:checkbox><w14:checked w14:val='1'/></w14:checkbox>", "☒"),
        ("free", "", "{{ in_control }}"),
    ]:
        raw(
            doc,
            f"<w:sdt><w:sdtPr><w:alias w:val='The {tag}'/><w:tag w:val='{tag}'/>{kind}</w:sdtPr><w:sdtContent><w:p><w:r>"
            f"<w:t>{text}</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        )


@template
def merge_fields(doc):
    raw(doc, "<w:p><w:fldSimple w:instr=' MERGEFIELD First_Name \\* MERGEFORMAT '><w:r><w:t>«First»</w:t></w:r></w:fldSimple></w:p>")
    code = lambda text: f"<w:r><w:instrText xml:space='preserve'>{text}</w:instrText></w:r>"
    mark = lambda kind: f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>"
    raw(doc, "<w:p>" + mark("begin") + code(" MERGE") + code('FIELD "Last Name" ') + mark("separate") + mark("end") + "</w:p>")
    raw(doc, "<w:p>" + mark("begin") + code(" PAGE ") + mark("end") + "<w:r><w:t>{{ beside }}</w:t></w:r></w:p>")


@template
def definitions(doc):
    lines(doc, "{% set a = given %}{{ a }}{{ late }}{% set late = 1 %}", "{% set x, y = pair %}{{ x + y }}")
    lines(doc, "{% set ns = namespace(total=0) %}{% set ns.total = ns.total + step %}{{ ns.total }}")
    lines(doc, "{% with one = outer, two = one %}{{ one }}{{ two }}{% endwith %}{{ one_more }}")
    lines(doc, "{% set block | upper %}{{ inside }}{% endset %}{{ block }}", "{% filter lower %}{{ filtered }}{% endfilter %}")
    lines(doc, "{% if c %}{% set maybe = 1 %}{% endif %}{{ maybe }}", "{% autoescape on_off %}{% set e = 1 %}{% endautoescape %}{{ e }}")


@template
def macros(doc):
    lines(doc, "{% macro field(name, value=preset) %}")
    lines(doc, "{{ name }} {{ value }} {{ caller() }} {{ kwargs }} {{ varargs }} {{ used }}{% endmacro %}", "{{ field(label) }}")
    lines(doc, "{% call(item) field(other, value=third) %}{{ item }} {{ deep }}{% endcall %}")


@template
def raw_and_comments(doc):
    lines(doc, "{% raw %}{{ not_this }} {% if %}{% endraw %}{{ this }}", "{# {{ nor_this }} #}{{ that }}", "{#p whole {{ gone }} #}{{ lost }}")


@template
def conditions(doc):
    lines(doc, "{% if married and not divorced %}{{ spouse }}{% elif age >= 18 or has_consent %}{{ a }}{% else %}{{ b }}{% endif %}")
    lines(doc, "{{ 'yes' if agreed else reason }}", "{% if kind in ('a', other) and x is not none and n is divisibleby m %}.{% endif %}")


@template
def loops(doc):
    lines(doc, "{% for child in children %}{{ loop.index }} {{ child.name }}{% for toy in child.toys if toy.price > least %}{{ toy }}{% else %}{{ none_text }}{% endfor %}{% endfor %}")
    lines(doc, "{% for key, (a, b) in map.items() recursive %}{{ key }}{{ loop(a) }}{% endfor %}{{ child }}{{ loop }}")
    lines(doc, "{% for x in range(10) %}{{ x }}{% set seen = x %}{% endfor %}{{ seen }}", "{% for i in one, two %}{{ i }}{% endfor %}")


@template
def colours_and_spans(doc):
    table(doc, ("{% cellbg colour %}{{ a }}", "{% colspan width %}{{ b }}"), ("{%tr if x %}", ""), ("{{ y }}", ""), ("{%tr endif %}", ""))


@template
def merged_cells(doc):
    table(doc, ("{%tr for r in data %}", ""), ("{% vm %}{{ r.group }}", "{{ r.value }}"), ("{%tr endfor %}", ""))
    table(doc, ("{%tc for c in heads %}", "{% hm %}{{ title }}", "{%tc endfor %}"))


@template
def white_space(doc):
    lines(doc, "a", "{%- if x -%}", "{{- y -}}", "{%- endif +%}", "{{ z\u00a0}}{%\u00a0if\u00a0w %}.{% endif %}")


@template
def operators(doc):
    lines(doc, "{{ a + b - c * d / e // f % g ** h ~ i }}", "{{ -j }} {{ +k }} {{ not l }}", "{{ m[0] }}{{ n[o] }}{{ p[1:q:r] }}{{ s.t.u }}")
    lines(doc, "{{ [v, {'k': w}, (x,), ()] }}", "{{ 1_000 + 0x1f + 1.5e-3 }}{{ true }}{{ None }}", "{{ y < z <= a1 != b1 }}{{ f1(*g1, **h1) }}")


@template
def filters(doc):
    lines(doc, "{{ name | upper | default('x', true) }}", "{{ rows | map(attribute='a') | join(sep) }}", "{{ (a | list)[0] }}")
    lines(doc, "{% if x is defined and y is sameas z %}{% endif %}{{ 'a' 'b' ~ c | length }}")


@template
def filters_of_docassemble(doc):
    lines(doc, "{{ text | markdown }} {{ amount | currency }} {{r note | RichText }}", "{{ people | comma_and_list }} {{ x | own_filter(y) }}")


@template
def functions(doc):
    lines(doc, "{{ today() }} {{ format_date(born, format='long') }} {{ client.name.full() }} {{ client.address.on_one_line(bare=True) }}")
    lines(doc, "{% if defined('x') and users.number() > 1 %}{{ users[0].name.first }}{{ users[1] }}{% endif %}")


@template
def interview(doc):
    lines(doc, "{{ trial_court }}", "{{ plaintiff }} against {{ defendant }}", "{%p for user in users %}", "{{ user.name.full() }}, {{ user.address.city }}")
    lines(doc, "{%p endfor %}", "{%p if has_children %}", "{{p include_docx_template('children.docx') }}", "{%p endif %}", "{{ signature_date }}")


@template
def tracked_changes(doc):
    raw(
        doc,
        "<w:p><w:ins w:id='1' w:author='A'><w:r><w:t>{{ inserted }}</w:t></w:r></w:ins><w:del w:id='2' w:author='A'><w:r>"
        "<w:delText>{{ deleted }}</w:delText></w:r></w:del></w:p>",
    )


@template
def attributes(doc):
    raw(
        doc,
        "<w:p><w:r><w:drawing><wp:inline><wp:docPr id='1' name='x' descr='{{ described }}'/></wp:inline></w:drawing></w:r>"
        "<w:hyperlink w:anchor='{{ anchor }}'><w:r><w:t>{{ linked }}</w:t></w:r></w:hyperlink>"
        "<m:oMath><m:r><m:t>{{ formula }}</m:t></m:r></m:oMath></w:p>",
    )


@template
def nested_tables(doc):
    outer = doc.add_table(rows=1, cols=2)
    inner = outer.cell(0, 0).add_table(rows=3, cols=1)
    for row, text in zip(inner.rows, ["{%tr for x in xs %}", "{{ x }}", "{%tr endfor %}"]):
        row.cells[0].text = text
    outer.cell(0, 1).text = "{{ outer }}"


@template
def other_scripts(doc):
    lines(doc, "{{ имя }} {{ größe.wert }} {{ 名前 }}", "مرحبا {{ client_name }} {% if نعم %}{{ x }}{% endif %}", "𝔘 {{ after_astral }}")


@template
def other_templates(doc):
    lines(doc, "{% include name ignore missing %}{% import 'm' as m %}{{ m.f(x) }}", "{% from 'm' import a, b as c with context %}{{ a }}{{ b }}{{ c }}")


@template
def blocks(doc):
    lines(doc, "{% set outside = 1 %}{% block one %}{{ outside }}{{ self.one() }}{{ super() }}{% endblock one %}{{ outside }}")


@template
def across_paragraphs(doc):
    lines(doc, "{{ first", "}} and {% if", "second %}", "x{% endif %}")


@template
def line_breaks(doc):
    raw(doc, "<w:p><w:r><w:t>{{ one |</w:t><w:br/><w:t> upper }}</w:t><w:tab/><w:t>{{ two }}</w:t></w:r></w:p>")


@template
def header_sees_no_set(doc):
    """Each part is filled in for itself, but docxtpl looks for variables as if they were one."""
    doc.add_paragraph("{% set shared = 1 %}")
    doc.sections[0].header.paragraphs[0].text = "{{ shared }}"


@template
def greek_entities(doc):
    lines(doc, "{% if a < b and c > d %}x{% endif %}", "{{ 'a & b' }} {{ e }}", "R&D <{{ f }}>")


@template
def long_report(doc):
    for number in range(150):
        lines(doc, f"{number}. {{{{ section_{number}.title }}}}", f"{{%p for e in section_{number}.entries %}}", "{{ e.text }}", "{%p endfor %}")


@template
def other_prefix(doc):
    doc.add_paragraph("{{ one }} {% if two %}{{ three }}{% endif %}")

    def change(parts):
        xml = parts["word/document.xml"]
        parts["word/document.xml"] = xml.replace("<w:", "<ns0:").replace("</w:", "</ns0:").replace("xmlns:w=", "xmlns:ns0=").replace(" w:", " ns0:")

    return change


# What Jinja refuses.


@template
def wrong_open_if(doc):
    lines(doc, "{% if a %}", "{{ b }}", "no end")


@template
def wrong_open_tag(doc):
    lines(doc, "{{ a", "text", "{{ b }}")


@template
def wrong_expression(doc):
    lines(doc, "{{ a b }}", "{{ c + }}", "{{ d")


@template
def wrong_two_in_a_paragraph(doc):
    lines(doc, "{%p if a %} some text {%p endif %}")


@template
def wrong_end(doc):
    lines(doc, "{% for a in b %}{% if c %}{% endfor %}{% endif %}")


@template
def wrong_tag(doc):
    lines(doc, "{% foreach a in b %}{{ a }}{% end %}", "{% elseif x %}")


@template
def wrong_prefix(doc):
    lines(doc, "{% p if a %}{% endif %}", "{%p  endif %}")


@template
def wrong_percent(doc):
    lines(doc, "{{p a % b }}")


@template
def wrong_extension(doc):
    lines(doc, "{% do a.append(b) %}")


@template
def wrong_dash(doc):
    lines(doc, "{{ a – b }}")


@template
def wrong_comment(doc):
    lines(doc, "{# never closed", "{{ a }}")


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts):
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return to.getvalue()


def make(function):
    doc = Document()
    change = function(doc)
    to = io.BytesIO()
    doc.save(to)
    parts = parts_of(to.getvalue())
    if change:
        texts = {name: content.decode() for name, content in parts.items() if name.endswith((".xml", ".rels"))}
        change(texts)
        parts.update({name: text.encode() for name, text in texts.items()})
    return packed(parts)


def made_by_docxtpl(folder):
    """Documents that docxtpl has filled in and that are templates again."""
    source = folder / "source.docx"
    doc = Document()
    lines(doc, "{{ filled }} {_{ later }_} {_% if again %_}x{_% endif %_}", "{{p sub }}", "{{r rich }}")
    doc.save(source)
    filled = DocxTemplate(source)
    sub = filled.new_subdoc()
    sub.add_paragraph("{{ in_sub }}")
    rich = RichText("{{ in_")
    rich.add("rich }}", bold=True)
    filled.render({"filled": "x", "sub": sub, "rich": rich})
    to = io.BytesIO()
    filled.save(to)
    source.unlink()
    return packed(parts_of(to.getvalue()))


HTML = """<html><body><h1>{{ title }}</h1><p>Dear <b>{{ cli</b>ent.<i>name }}</i>,</p>
<ul><li>{% for x in xs %}{{ x }}{% endfor %}</li></ul><table border=1><tr><td>{%tr for r in rows %}</td><td></td></tr>
<tr><td>{{ r.a }}</td><td>{{ r.b }}</td></tr><tr><td>{%tr endfor %}</td><td></td></tr></table></body></html>"""
FLAT = """<?xml version="1.0" encoding="UTF-8"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text"><office:automatic-styles>
<style:page-layout style:name="P"><style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="P"><style:header><text:p>{{ head }}</text:p>
</style:header><style:footer><text:p>{{ foot }} <text:page-number/></text:p></style:footer></style:master-page></office:master-styles>
<office:body><office:text><text:p>{{ a<text:span>bc</text:span> }}<text:note text:id="f" text:note-class="footnote">
<text:note-citation>1</text:note-citation><text:note-body><text:p>{{ noted }}</text:p></text:note-body></text:note></text:p>
<text:p>{%p if shown %}</text:p><text:p><draw:frame svg:width="5cm" svg:height="2cm"><draw:text-box><text:p>{{ boxed }}</text:p>
</draw:text-box></draw:frame></text:p><text:p>{%p endif %}</text:p></office:text></office:body></office:document>"""
AGAIN = ["letter", "runs-cut", "paragraphs", "rows", "headers", "footnotes", "conditions", "smart-quotes", "content-controls", "text-box", "wrong-end"]


def by_libreoffice(folder):
    """What LibreOffice writes of pages, of its own format and of templates above."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        (scratch / "page.html").write_text(HTML)
        (scratch / "flat.fodt").write_text(FLAT)
        for name in AGAIN:
            shutil.copy(folder / f"{name}.docx", scratch / f"again-{name}.docx")
        profile = f"-env:UserInstallation=file://{scratch}/profile"
        for pattern, extra in (("*.html", ["--infilter=HTML (StarWriter)"]), ("*.fodt", []), ("again-*.docx", [])):
            command = ["soffice", profile, "--headless", *extra, "--convert-to", "docx:MS Word 2007 XML", "--outdir", scratch / "out"]
            subprocess.run([*command, *sorted(scratch.glob(pattern))], check=True, capture_output=True, timeout=600)
        for made in sorted((scratch / "out").glob("*.docx")):
            shutil.copy(made, folder / f"libreoffice-{made.name}")


def made_by_chance(seed):
    def function(doc):
        runs(doc, *Grammar(seed).runs())

    return make(function)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, function in MADE.items():
        (folder / f"{name}.docx").write_bytes(make(function))
    (folder / "docxtpl-filled.docx").write_bytes(made_by_docxtpl(folder))
    for seed in range(RANDOM):
        (folder / f"random-{seed:04}.docx").write_bytes(made_by_chance(seed))
    if shutil.which("soffice"):
        by_libreoffice(folder)
    found = [reference(path) for path in sorted(folder.glob("*.docx"))]
    (folder / "reference.json").write_text(json.dumps(found, indent=1, ensure_ascii=False))
    refused = sum(1 for file in found if file["error"])
    print(f"{len(found)} templates, {refused} of them refused by docxtpl")


if __name__ == "__main__":
    main()
