"""The XML of a labeling config with the place of everything in it, so that problems can be pointed at and attributes
changed without touching another byte."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from reviewapp.errors import Invalid

MAX_BYTES = 256 << 10
MAX_DEPTH = 32
MAX_ELEMENTS = 2_000
LONGEST = 100  # characters of a name or value
FIELD = "labeling_config"

_LINE_END = re.compile(r"\r\n?|\n")
_TAG = re.compile(r"<([^\s/>]+)")
_ATTRIBUTE = re.compile(r"\s+([^\s=/>]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_WRITTEN = str.maketrans({c: f"&#{ord(c)};" for c in "\r\n\t"} | {"&": "&amp;", "<": "&lt;", '"': "&quot;"})


class Place(NamedTuple):
    """Where something stands in the text: line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """What is wrong with a labeling config, and where. A warning does not keep it from being used."""

    message: str
    place: Place
    warning: bool = False

    def __str__(self) -> str:
        return f"Line {self.place.line}, column {self.place.column}: {self.message}"


class InvalidConfig(Invalid):
    """A labeling config that cannot be used; ``problems`` holds everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        said = [str(problem) for problem in self.problems]
        super().__init__(f"The labeling config cannot be used. {' '.join(said)}", fields={FIELD: said})


@dataclass(frozen=True)
class Attribute:
    """One attribute as it is written: ``start`` is the white space before it, ``end`` behind its closing quote."""

    value: str
    place: Place
    start: int
    end: int


@dataclass
class Element:
    """One element with its attributes by name; ``end`` is where a further attribute can be written."""

    tag: str
    place: Place
    end: int
    attributes: dict[str, Attribute]
    children: list["Element"] = field(default_factory=list)
    has_text: bool = False

    def get(self, name: str) -> str | None:
        """The attribute's value, or None."""
        found = self.attributes.get(name)
        return found.value if found else None


def quoted(value: str) -> str:
    """A value as a message shows it."""
    return f"“{value}”" if len(value) <= LONGEST else f"“{value[:LONGEST]}…”"


def load(xml: str) -> Element:
    """Read the XML into elements; raises :class:`InvalidConfig` when it is too large, not well-formed or hostile."""
    size = len(xml.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise _invalid(f"The labeling config has {size:,} bytes; at most {MAX_BYTES:,} are read.", Place(1, 1))
    tree = _Tree(xml)
    try:
        return tree.grow()
    except ParseError as problem:
        line, column = problem.position
        said = re.sub(r":? *line \d+, column \d+$", "", str(problem))
        raise _invalid(f"This is not well-formed XML: {said}.", Place(line, column + 1)) from problem
    except UnicodeEncodeError as problem:
        raise _invalid("Half of a surrogate pair is no character.", tree.place(problem.start)) from problem
    except DefusedXmlException as problem:
        raise _invalid("A document type or entities may not be declared.", Place(1, 1)) from problem


def with_attribute(xml: str, name: str, values: Iterable[tuple[Element, str]]) -> str:
    """The same text with this attribute of these elements set to these values, and every other byte as it was."""
    edits = sorted(edit for element, value in values if (edit := _edit(element, name, value)))
    for start, end, written in reversed(edits):
        xml = xml[:start] + written + xml[end:]
    return xml


def _edit(element: Element, name: str, value: str) -> tuple[int, int, str] | None:
    found = element.attributes.get(name)
    written = f'{name}="{value.translate(_WRITTEN)}"'
    if found is None:
        return element.end, element.end, f" {written}"
    return None if found.value == value else (found.start, found.end, written)


def _invalid(message: str, place: Place) -> InvalidConfig:
    return InvalidConfig([Problem(message, place)])


class _Tree:
    """Grows elements from the parser's events and looks up in the text where each attribute stands."""

    def __init__(self, xml: str) -> None:
        self._xml = xml
        self._lines = [0, *(match.end() for match in _LINE_END.finditer(xml))]
        self._seen = (0, 0)  # so many characters are so many bytes
        self._open: list[Element] = []
        self._count = 0
        self._root: Element | None = None
        self._parser: Any = DefusedXMLParser(target=self, forbid_dtd=True)

    def grow(self) -> Element:
        self._bytes = self._xml.encode()
        self._parser.feed(self._xml)
        self._parser.close()
        assert self._root is not None
        return self._root

    def place(self, offset: int) -> Place:
        line = bisect_right(self._lines, offset)
        return Place(line, offset - self._lines[line - 1] + 1)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        element = self._element(self._offset(), attributes)
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            limit = f"elements: at most {MAX_ELEMENTS:,}" if self._count > MAX_ELEMENTS else f"levels: {MAX_DEPTH}"
            raise _invalid(f"The labeling config has too many {limit} are read.", element.place)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def end(self, tag: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open and text.strip():
            self._open[-1].has_text = True

    def close(self) -> None:
        pass

    def _offset(self) -> int:
        """The current element's offset in characters; the parser counts bytes."""
        characters, counted = self._seen
        now = self._parser.parser.CurrentByteIndex
        self._seen = characters + len(self._bytes[counted:now].decode()), now
        return self._seen[0]

    def _element(self, offset: int, values: dict[str, str]) -> Element:
        tag = _TAG.match(self._xml, offset)
        assert tag is not None
        end, attributes = tag.end(), {}
        while match := _ATTRIBUTE.match(self._xml, end):
            end = match.end()
            value = values.get(match[1], "")
            attributes[match[1]] = Attribute(value, self.place(match.start(1)), match.start(1), end)
        return Element(tag[1], self.place(offset), end, attributes)
