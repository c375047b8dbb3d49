"""What pypdf finds in a PDF template: fields of its form, and their places on its pages."""

import time

import pypdf

PASSWORD = "geheim"


def above(node, key):
    for _ in range(40):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"].get_object()
    return None


def full_name(node):
    parts = []
    for _ in range(40):
        if "/T" in node:
            parts.insert(0, str(node["/T"]))
        if "/Parent" not in node:
            break
        node = node["/Parent"].get_object()
    return ".".join(parts)


def texts(value):
    value = value.get_object() if value is not None else None
    if value is None or isinstance(value, (pypdf.generic.DictionaryObject, pypdf.generic.NullObject)):
        return []
    values = value if isinstance(value, list) else [value]
    return [str(item.get_object())[isinstance(item.get_object(), pypdf.generic.NameObject) :] for item in values]


def seen(page, rect):
    """Left, top, width and height on the page as it is shown: every corner turned by itself."""
    crop, media = page.cropbox, page.mediabox
    left, right = max(crop.left, media.left), min(crop.right, media.right)
    bottom, top = max(crop.bottom, media.bottom), min(crop.top, media.top)
    corners = [(float(rect[0] - left), float(top - rect[1])), (float(rect[2] - left), float(top - rect[3]))]
    width, height = float(right - left), float(top - bottom)
    for _ in range(page.rotation % 360 // 90):
        corners = [(height - y, x) for x, y in corners]
        width, height = height, width
    (x, y), (other_x, other_y) = corners
    return [round(value, 2) for value in (min(x, other_x), min(y, other_y), abs(x - other_x), abs(y - other_y))]


def by_form(reader):
    """Fields that `get_fields` has, without the branches that only give names."""
    found = {}
    for name, field in (reader.get_fields() or {}).items():
        kids = [kid.get_object() for kid in field.get("/Kids", [])]
        # pypdf leaves what a field has from those above it to its callers.
        kind, value = (field.get(key) or above(field, key) for key in ("/FT", "/V"))
        if kind and not any("/T" in kid for kid in kids):
            found[name] = {"kind": str(kind), "value": texts(value)}
    return found


def by_page(reader):
    places = []
    for number, page in enumerate(reader.pages, 1):
        for entry in page.get("/Annots") or []:
            node = entry.get_object()
            if node.get("/Subtype") == "/Widget" and above(node, "/FT"):
                place = {"page": number, "rectangle": seen(page, node["/Rect"]), "name": full_name(node)}
                places.append(place | {"kind": str(above(node, "/FT")), "value": texts(above(node, "/V"))})
    return places


def reference(path):
    started = time.perf_counter()
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            reader.decrypt(PASSWORD)
        found = {"pages": len(reader.pages), "form": by_form(reader), "places": by_page(reader)}
    except Exception as error:  # Whatever pypdf says of a damaged file, it is what it says.
        found = {"error": f"{type(error).__name__}: {error}"}
    return found | {"milliseconds": round((time.perf_counter() - started) * 1000, 3)}
