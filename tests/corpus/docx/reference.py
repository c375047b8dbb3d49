"""What docxtpl finds in a template: the variables that it has to be given, and those of parts that docxtpl does not look at."""

import re
import zipfile

from docxtpl import DocxTemplate
from jinja2 import Environment, meta
from jinja2.exceptions import TemplateAssertionError, TemplateError


def looked_up(find, environment):
    """Names, the filters that had to be added for it (tests are added too), and the error if there is one."""
    added = []
    while True:
        try:
            return sorted(find(environment)), added, None
        except TemplateAssertionError as error:
            missing = re.match(r"No (filter|test) named '([^']+)'", str(error))
            if not missing:
                return None, added, f"{type(error).__name__}: {error}"
            if missing[1] == "test":
                environment.tests[missing[2]] = bool
            else:
                added.append(missing[2])
                environment.filters[missing[2]] = str
        except (TemplateError, SyntaxError, AssertionError, KeyError) as error:
            return None, added, f"{type(error).__name__}: {error}"


def reference(path):
    variables, added, error = looked_up(
        lambda environment: DocxTemplate(path).get_undeclared_template_variables(jinja_env=environment), Environment()
    )
    others = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"word/(footnotes|endnotes|comments)\.xml", name):
                xml = DocxTemplate(path).patch_xml(archive.read(name).decode())
                found, _, _ = looked_up(lambda environment: meta.find_undeclared_variables(environment.parse(xml)), Environment())
                others[name] = found
    return {"file": path.name, "variables": variables, "unknown_filters": added, "error": error, "others": others}
