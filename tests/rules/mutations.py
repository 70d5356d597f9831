"""What could be wrong in a rule: each guard, join label, floor, window and factor of the shipped files, changed in turn.

A mutant's id names file, rule and change, not lines, so that it stays the same while the file moves.
"""
import collections
import dataclasses
import re

from lab import promql, rule_text

_SWAPPED = {"max": "min", "min": "max", "sum": "max", "avg": "max", "count": "sum", "group": "count",
            "+": "-", "-": "+", "*": "/", "/": "*", "==": "!=", "!=": "==",
            "max_over_time": "min_over_time", "min_over_time": "max_over_time"}
_BOUNDARY = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}
_WRAPPERS = {"label_replace", "clamp_min", "clamp_max", "clamp", "abs", "sqrt", "absent", "sgn", "ceil", "floor", "round"}
_UNITS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000}


@dataclasses.dataclass(frozen=True)
class Mutant:
    """`text` is the whole changed file."""

    file: str
    rule: str
    change: str
    text: str

    @property
    def id(self):
        return f"{self.file} | {self.rule} | {self.change}"


def _short(text, limit=90):
    text = promql.one_line(text)
    return text if len(text) <= limit else f"{text[:limit - 35]} .. {text[-30:]}"


def _scaled(duration, factor):
    total = sum(int(n) * _UNITS[u] for n, u in re.findall(r"([0-9]+)(ms|[smhd])", duration))
    scaled = int(total * factor)
    return f"{scaled // 1000}s" if scaled % 1000 == 0 else f"{scaled}ms"


def _without_item(items, index):
    """The span to cut out so that the list stays well-formed."""
    if index + 1 < len(items):
        return items[index].start, items[index + 1].start
    return (items[index - 1].end if index else items[index].start), items[index].end


def _binary(node, text):
    left, right = text[node.left.start:node.left.end], text[node.right.start:node.right.end]
    start, end = node.left.start, node.right.end  # without parentheses around the whole
    tail = _short(text[node.op_start:end])
    number = node.right.kind == "number"
    if node.op == "or":
        yield f"drops the first branch of `or`: {_short(left)}", start, end, right
    if node.op in ("*", "+") and not number:
        yield f"drops what is left of `{tail}`", start, end, right
    yield f"drops `{tail}`", start, end, left
    for change, table in (("swaps", _SWAPPED), ("moves the boundary of", _BOUNDARY)):
        # The factor of a join is a 1 that carries labels: divided by it is as good.
        if node.op in table and not (table is _SWAPPED and node.lists):
            other = table[node.op]
            yield f"{change} {node.op} to {other} in `{tail}`", node.op_start, node.op_start + len(node.op), other
    for joined in node.lists:
        if joined.word.startswith("group_"):
            yield f"drops {joined.word} of `{tail}`", joined.start, joined.end, ""


def _number(node, inside):
    if inside == "histogram_quantile":
        others = ["0.5", "0.99"]
    elif node.op == "0":
        others = ["1"]
    elif node.op.lower() in ("inf", "nan"):
        others = ["0"]
    else:
        others = [f"{float(node.op) * 2:g}"]
    for other in others:
        yield f"{node.op} becomes {other}", node.start, node.end, other


def _aggregation(node, text):
    if node.op in _SWAPPED:
        other = _SWAPPED[node.op]
        yield f"{node.op} becomes {other} in `{_short(text[node.start:node.end])}`", node.op_start, node.op_start + len(
            node.op), other
    inner = node.children[-1]
    yield f"drops the aggregation `{_short(text[node.start:node.end])}`", node.start, node.end, text[inner.start:inner.end]


def _call(node, text):
    if node.op in _WRAPPERS:
        first = node.children[0]
        yield f"drops {node.op} of `{_short(text[node.start:node.end])}`", node.start, node.end, text[first.start:first.end]
    if node.op in _SWAPPED:
        other = _SWAPPED[node.op]
        yield (f"{node.op} becomes {other} in `{_short(text[node.start:node.end])}`", node.op_start,
               node.op_start + len(node.op), other)


_OWN = 'job=""'


def _reads_own(node):
    """Whether the series that come out of it lack a job: what is forged by our records' names has one."""
    if node.kind == "aggregation":
        return False
    return any(matcher.text == _OWN for matcher in node.matchers) or any(map(_reads_own, node.children))


def _agree(node):
    """Whether a job must be the same on both sides."""
    return all(labels.word == "ignoring" and "job" not in [label.text for label in labels.labels] for labels in node.lists)


def _guards(node, child, guarded):
    """Whether only series without a job can come out of `child`, whatever itself reads: without on() all labels must
    agree, so that the guard of one side is that of the other too, and a mutant that drops one of them changes nothing."""
    if node.kind == "aggregation" or (not _agree(node) and child is not node.left) or node.op == "or":
        return guarded and node.op == "or"
    if node.kind != "binary" or not _agree(node) or (node.op == "unless" and child is node.left):
        return guarded
    return guarded or _reads_own(node.right if child is node.left else node.left)


def _details(node, text, guarded):
    here = _short(text[node.start:node.end])
    for labels in node.lists:
        for index, label in enumerate(labels.labels):
            start, end = _without_item(labels.labels, index)
            owner = here if node.kind == "aggregation" else _short(text[node.op_start:node.right.end])
            yield f"drops {label.text} from {labels.word} of `{owner}`", start, end, ""
    for index, matcher in enumerate(node.matchers):
        if guarded and matcher.text == _OWN:
            continue
        start, end = _without_item(node.matchers, index)
        yield f"drops the matcher {matcher.text} of {node.op}", start, end, ""
    for window in node.ranges:
        for factor in (0.5, 2):
            other = _scaled(window.text, factor)
            yield f"[{window.text}] becomes [{other}] in `{here}`", window.start, window.end, other
    if node.offset:
        yield f"drops the offset {node.offset.text} of `{here}`", node.offset.start, node.offset.end, ""


def _changes(node, text, inside="", guarded=False):
    """(change, start, end, replacement) for the node and all below it."""
    if node.kind == "binary":
        yield from _binary(node, text)
    elif node.kind == "number":
        yield from _number(node, inside)
    elif node.kind == "aggregation":
        yield from _aggregation(node, text)
    elif node.kind == "call":
        yield from _call(node, text)
    yield from _details(node, text, guarded)
    for child in node.children:
        yield from _changes(child, text, node.op if node.kind == "call" else "", _guards(node, child, guarded))


def _of_expression(rule, text):
    expression = rule.expression
    for change, start, end, other in _changes(promql.parse(expression), expression):
        yield change, rule.with_expression(text, expression[:start] + other + expression[end:])


def _of_fields(rule, text):
    yield "is not there", text[:rule.start] + text[rule.end:]
    pad = " " * (rule.indent + 2)
    if "for" in rule.fields:
        held = rule.fields["for"].value.strip()
        others = ["1m"] if held == "0s" else ["0s", _scaled(held, 0.5), _scaled(held, 2)]
        for other in others:
            yield f"for: {held} becomes {other}", rule.replaced(text, "for", f"{pad}for: {other}\n")
    if "keep_firing_for" in rule.fields:
        yield "drops keep_firing_for", rule.replaced(text, "keep_firing_for", "")
    for entry in rule.fields["labels"].entries if "labels" in rule.fields else ():
        yield f"drops its label {entry}", rule.without_entry(text, "labels", entry)
    # The only annotation that a program reads: the receiver records it.
    if "annotations" in rule.fields and "value" in rule.fields["annotations"].entries:
        yield "drops its annotation value", rule.without_entry(text, "annotations", "value")


def of_file(name, text):
    """All Mutants of one rule file; `name` is its path below rules/."""
    rules = rule_text.rules_of(text)
    times = collections.Counter(rule.name for rule in rules)
    seen, ids = collections.Counter(), collections.Counter()
    for rule in rules:
        seen[rule.name] += 1
        title = rule.name if times[rule.name] == 1 else f"{rule.name} #{seen[rule.name]}"
        for change, changed in (*_of_fields(rule, text), *_of_expression(rule, text)):
            if changed == text:
                continue
            ids[title, change] += 1
            count = ids[title, change]
            yield Mutant(name, title, change if count == 1 else f"{change} #{count}", changed)
