"""The shipped rule files as text with places, in the style they are written in (no YAML library is needed, and a changed
file keeps all else as it was).

    for rule in rules_of(text):
        changed = rule.with_expression(text, "vector(1)")
"""
import dataclasses
import re

from lab import promql

_RULE = re.compile(r"^(?P<indent> *)- (?P<kind>record|alert): *(?P<name>\S+) *$", re.MULTILINE)


@dataclasses.dataclass
class Field:
    """One key of a rule: `text[start:end]` are its whole lines; `entries` are those of a map one deeper, {key: Field}."""

    key: str
    value: str
    start: int
    end: int
    entries: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Rule:
    kind: str
    name: str
    indent: int
    start: int
    end: int
    fields: dict

    @property
    def expression(self):
        """The expression on one line."""
        raw = self.fields["expr"].value
        head, _, rest = raw.partition("\n")
        if re.fullmatch(r"[|>][0-9]?[-+]?", head.strip()):
            return promql.one_line(rest)
        raw = raw.strip()
        if raw[0] == raw[-1] == "'":
            raw = raw[1:-1].replace("''", "'")
        return promql.one_line(raw)

    def with_expression(self, text, expression):
        """The file's text with another expression for this rule."""
        pad = " " * (self.indent + 2)
        return self.replaced(text, "expr", f"{pad}expr: |\n{pad}  {expression}\n")

    def replaced(self, text, key, lines):
        """The file's text with other lines for this field; "" takes it out."""
        field = self.fields[key]
        return text[:field.start] + lines + text[field.end:]

    def without_entry(self, text, key, entry):
        """The file's text without one entry of a map (labels, annotations)."""
        whole, one = self.fields[key], self.fields[key].entries[entry]
        if len(whole.entries) == 1:
            return text[:whole.start] + text[whole.end:]
        return text[:one.start] + text[one.end:]


def _fields(text, start, end, indent):
    """The keys at exactly this indentation."""
    key = re.compile(rf"^ {{{indent}}}(?P<key>[A-Za-z_]+):(?P<value>.*)$", re.MULTILINE)
    places = list(key.finditer(text, start, end))
    found = {}
    for place, following in zip(places, places[1:] + [None]):
        stop = following.start() if following else end
        found[place["key"]] = Field(place["key"], text[place.start("value"):stop], place.start(), stop)
    return found


def _flow_entries(field):
    """Those of `labels: {a: b, c: d}`."""
    found = {}
    base = field.end - len(field.value)
    for match in re.finditer(r"(?P<key>[A-Za-z_]+): *[^,}]+(, *)?", field.value):
        found[match["key"]] = Field(match["key"], match.group(), base + match.start(), base + match.end())
    return found


def _trimmed(text, start, end):
    """The end without the comments and blank lines that belong to what follows."""
    lines = text[start:end].splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return start + sum(map(len, lines))


def rules_of(text):
    """The Rules of a file, in its order."""
    places = list(_RULE.finditer(text))
    groups = [m.start() for m in re.finditer(r"^ *- name: ", text, re.MULTILINE)]
    found = []
    for number, place in enumerate(places):
        stops = [m for m in groups if m > place.start()] + [len(text)]
        if number + 1 < len(places):
            stops.append(places[number + 1].start())
        end = _trimmed(text, place.start(), min(stops))
        indent = len(place["indent"])
        fields = _fields(text, place.end(), end, indent + 2)
        for key in ("labels", "annotations"):
            if key in fields:
                field = fields[key]
                field.entries = (_flow_entries(field) if field.value.lstrip().startswith("{")
                                 else _fields(text, field.start, field.end, indent + 4))
        found.append(Rule(place["kind"], place["name"], indent, place.start(), end, fields))
    return found
