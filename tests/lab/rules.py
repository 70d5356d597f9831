"""The shipped rules in another form for a test: faster, for one that cannot wait for eight minutes, or broken.

Faster: divided by a factor are the interval of each group, each `for`, and each range and offset in an expression. All
else is as shipped: the names keep their `2m`, the texts their `2 minutes`, and the floors go on to multiply the requests
a second by 120 or 30, so that the same rate of requests meets them.
"""
import pathlib
import re

from lab.prometheus import shipped_rules

_DURATION = r"(?:[0-9]+(?:ms|[smhdwy]))+"
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
                 "y": 31_536_000_000}
_PLACES = (
    re.compile(rf"(?m)^( *(?:- )?(?:interval|for): *)({_DURATION})()(?= *$)"),
    re.compile(rf"(\[)({_DURATION})(\])"),
    re.compile(rf"(\boffset )({_DURATION})(\b)"),
)
_FIELDS = re.compile(r"(?m)^ *(?:- )?(?:interval|for|keep_firing_for):")


def faster_duration(text, factor):
    """`2m` by 5 is `24000ms`."""
    parts = re.findall(r"([0-9]+)(ms|[smhdwy])", text)
    return f"{round(sum(int(number) * _MILLISECONDS[unit] for number, unit in parts) / factor)}ms"


def faster(text, factor):
    """A rule file with its time divided by `factor`. AssertionError when a field with a duration was not understood."""
    if len(_FIELDS.findall(text)) != len(_PLACES[0].findall(text)):
        raise AssertionError("a rule file has an interval or a `for` in a form that is not known here")
    for place in _PLACES:
        text = place.sub(lambda m: m.group(1) + faster_duration(m.group(2), factor) + m.group(3), text)
    return text


def faster_route(text, factor):
    """Alertmanager's configuration with the intervals of its routes divided by `factor`."""
    return re.sub(rf"(?m)^( *(?:group|repeat)_interval: *)({_DURATION})$",
                  lambda m: m.group(1) + faster_duration(m.group(2), factor), text)


def without_exported_namespace(text):
    """A rule file that reads the label `namespace` alone, as rules do that rely on honor_labels."""
    return re.sub(r'label_replace\((.+?), "namespace", "\$1", "exported_namespace", "\(\.\+\)"\)', r"\1", text)


def rendered_rules(folder, *changes):
    """The shipped rule files, each changed by these functions in turn, in `folder`; their paths."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    files = []
    for file in shipped_rules():
        text = file.read_text()
        for change in changes:
            text = change(text)
        files.append(folder / file.name)
        files[-1].write_text(text)
    return files
