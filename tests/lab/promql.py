"""PromQL as a tree whose nodes know their place in the text, for scripts that change one spot of an expression.

    tree = parse('sum by (a) (rate(x{b="c"}[5m])) > 0')
    tree.kind, tree.op            # 'binary', '>'
    text[tree.right.start:tree.right.end]

It reads what the shipped rules use, not the whole language: no subqueries within `@`, no native histograms' syntax.
promtool judges whether an expression is right; this only finds the spots.
"""
import dataclasses
import re

AGGREGATIONS = {"sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile",
                "count_values"}
_PRECEDENCE = [{"or"}, {"and", "unless"}, {"==", "!=", "<=", "<", ">=", ">"}, {"+", "-"}, {"*", "/", "%", "atan2"}, {"^"}]
COMPARISONS = _PRECEDENCE[2]
_TOKEN = re.compile(r"""
    (?P<space>(\s|\#[^\n]*)+)
  | (?P<string>"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|`[^`]*`)
  | (?P<duration>([0-9]+(ms|[smhdwy]))+)
  | (?P<number>([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)
  | (?P<word>[A-Za-z_][A-Za-z0-9_:]*)
  | (?P<sign>=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}\[\],@:])
""", re.VERBOSE)


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclasses.dataclass
class Item:
    """A label of a list or a matcher of a selector."""

    text: str
    start: int
    end: int


@dataclasses.dataclass
class LabelList:
    """`word` is by, without, on, ignoring, group_left or group_right; the span holds the word and its parentheses."""

    word: str
    labels: list
    start: int
    end: int


@dataclasses.dataclass
class Node:
    """`kind`: binary, aggregation, call, selector, number, string, negative. `start` and `end` hold outer parentheses."""

    kind: str
    start: int
    end: int
    op: str = ""
    op_start: int = 0
    children: list = dataclasses.field(default_factory=list)
    lists: list = dataclasses.field(default_factory=list)
    matchers: list = dataclasses.field(default_factory=list)
    ranges: list = dataclasses.field(default_factory=list)
    offset: Item | None = None

    @property
    def left(self):
        return self.children[0]

    @property
    def right(self):
        return self.children[1]

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


def _tokens(text):
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise ValueError(f"not PromQL that this reads, at {text[at:at + 40]!r}")
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), at, match.end()))
        at = match.end()
    return found


def one_line(text):
    """The same expression on one line, without comments."""
    parts, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        parts.append(" " if match.lastgroup == "space" else match.group())
        at = match.end()
    return "".join(parts).strip()


class _Parser:
    def __init__(self, text):
        self.tokens = _tokens(text)
        self.at = 0

    def peek(self, ahead=0):
        index = self.at + ahead
        return self.tokens[index].text if index < len(self.tokens) else ""

    def take(self, expected=None):
        if self.at >= len(self.tokens) or (expected and self.peek() != expected):
            raise ValueError(f"expected {expected or 'more'}, found {self.peek()!r} (token {self.at})")
        self.at += 1
        return self.tokens[self.at - 1]

    def label_list(self):
        word = self.take()
        if word.text.startswith("group_") and self.peek() != "(":
            return LabelList(word.text, [], word.start, word.end)
        self.take("(")
        return LabelList(word.text, self.items(")"), word.start, self.tokens[self.at - 1].end)

    def items(self, closing):
        """The entries up to the closing sign, which is taken too."""
        found = []
        while self.peek() != closing:
            begin = self.at
            while self.peek() not in (",", closing):
                self.take()
            entry = self.tokens[begin:self.at]
            found.append(Item("".join(t.text for t in entry), entry[0].start, entry[-1].end))
            if self.peek() == ",":
                self.take()
        self.take(closing)
        return found

    def expression(self, level=0):
        if level == len(_PRECEDENCE):
            return self.unary()
        left = self.expression(level + 1)
        while self.peek() in _PRECEDENCE[level]:
            op = self.take()
            lists = []
            if self.peek() == "bool":
                self.take()
            while self.peek() in ("on", "ignoring", "group_left", "group_right"):
                lists.append(self.label_list())
            right = self.expression(level + 1)
            left = Node("binary", left.start, right.end, op.text, op.start, [left, right], lists)
        return left

    def unary(self):
        if self.peek() == "-":
            sign = self.take()
            inner = self.unary()
            return Node("negative", sign.start, inner.end, children=[inner])
        return self.postfix(self.primary())

    def primary(self):
        token = self.take()
        if token.text == "(":
            node = self.expression()
            node.start, node.end = token.start, self.take(")").end
            return node
        if token.kind in ("number", "duration", "string"):
            return Node("string" if token.kind == "string" else "number", token.start, token.end, token.text)
        if token.kind == "word" and token.text.lower() in ("inf", "nan"):
            return Node("number", token.start, token.end, token.text)
        if token.text in AGGREGATIONS and self.peek() in ("(", "by", "without"):
            return self.aggregation(token)
        if token.kind == "word" and self.peek() == "(":
            children = self.arguments()
            return Node("call", token.start, self.tokens[self.at - 1].end, token.text, token.start, children)
        if token.kind == "word" or token.text == "{":
            return self.selector(token)
        raise ValueError(f"unexpected {token.text!r}")

    def arguments(self):
        self.take("(")
        found = []
        while self.peek() != ")":
            found.append(self.expression())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return found

    def aggregation(self, word):
        lists = [self.label_list()] if self.peek() != "(" else []
        children = self.arguments()
        if self.peek() in ("by", "without"):
            lists.append(self.label_list())
        return Node("aggregation", word.start, self.tokens[self.at - 1].end, word.text, word.start, children, lists)

    def selector(self, token):
        node = Node("selector", token.start, token.end, "" if token.text == "{" else token.text, token.start)
        if token.text != "{" and self.peek() == "{":
            token = self.take()
        if token.text == "{":
            node.matchers = self.items("}")
            node.end = self.tokens[self.at - 1].end
        return node

    def postfix(self, node):
        while self.peek() in ("[", "offset"):
            if self.take().text == "offset":
                start = self.tokens[self.at - 1].start
                if self.peek() == "-":
                    self.take()
                node.offset = Item(self.take().text, start, self.tokens[self.at - 1].end)
            else:
                while self.peek() != "]":
                    token = self.take()
                    if token.kind == "duration":
                        node.ranges.append(Item(token.text, token.start, token.end))
                self.take("]")
            node.end = self.tokens[self.at - 1].end
        return node


def parse(text):
    """The Node of an expression; ValueError where it cannot be read."""
    parser = _Parser(text)
    node = parser.expression()
    if parser.at != len(parser.tokens):
        raise ValueError(f"left over: {parser.peek()!r}")
    return node
