"""A promtool test file taken apart into files of one test each: promtool runs a file to its end before it says that
its first test failed, and whoever waits for the first failure would wait for all."""
import re

_ANCHOR = re.compile(r"&(?P<name>\w+)(?P<flow> +[{\[].*)?$")
_ALIAS = re.compile(r"\*(?P<name>\w+)$")
_MERGE = re.compile(r"<<: *\*")


def _indent(line):
    return len(line) - len(line.lstrip())


def _anchors(lines):
    """{name: (indent, [lines])}; a flow value is one line, a block its deeper lines."""
    found = {}
    for number, line in enumerate(lines):
        match = _ANCHOR.search(line)
        if not match or line.lstrip().startswith("#"):
            continue
        if match["flow"]:
            found[match["name"]] = (0, [match["flow"].strip()])
            continue
        block = []
        for following in lines[number + 1:]:
            if following.strip() and _indent(following) <= _indent(line):
                break
            block.append(following)
        found[match["name"]] = (_indent(line), block)
    return found


def _resolved(lines, anchors):
    """The lines without anchors and aliases; KeyError for an alias of nothing."""
    for line in lines:
        if alias := _ALIAS.search(line):
            indent, value = anchors[alias["name"]]
            if len(value) == 1 and value[0][0] in "{[":
                yield line[:alias.start()] + value[0]
            else:
                yield line[:alias.start()].rstrip()
                yield from (" " * (_indent(line) - indent) + inner for inner in _resolved(value, anchors))
        elif anchor := _ANCHOR.search(line):
            yield line[:anchor.start()] + (anchor["flow"] or "").strip()
        else:
            yield line


def single_tests(text):
    """[text of a file with one test], or [text] where it is written in a way that this does not take apart."""
    head, tests, body = text.partition("\ntests:\n")
    lines = body.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("  - ")]
    if not tests or not starts or _MERGE.search(body):
        return [text]
    anchors = _anchors(lines)
    try:
        return [head + tests + "\n".join(_resolved(lines[start:end], anchors)) + "\n"
                for start, end in zip(starts, starts[1:] + [len(lines)])]
    except KeyError:
        return [text]
