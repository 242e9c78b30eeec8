"""A labeling config is read whole, every mistake in it is told with its place, and only models are ever rewritten."""

import re
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.labeling import (
    Choice,
    Choices,
    Config,
    Header,
    InvalidConfig,
    Labels,
    Model,
    Problem,
    Text,
    View,
    examine,
    read,
    with_model,
)
from reviewapp.labeling.config import Pair
from tests.reviewapp.labeling.samples import ASSERTIONS, CLASSES, MIXED, TRAIN_GENDER

JSL = "assertion_jsl_annotation_manual.model"
KNOWN = {
    "ner_one": Model("ner", frozenset({"Symptom", "Drug"})),
    JSL: Model("assertion", frozenset({"Absent", "Past"})),
    "assertion_two": Model("assertion", frozenset({"Absent", "Past"})),
    "gender_model": Model("choice-single", frozenset({"Female", "Male"})),
}
SEED = Path(__file__).parents[4] / "shared" / "seeds" / "001_98c0507262c580dc.txt"


def told(xml: str, known: dict[str, Model] | None = None) -> list[tuple[int, int, str]]:
    return [(*problem.place, problem.message) for problem in examine(xml, known).errors]


def around(parts: str) -> str:
    return f'<View><Text name="text" value="$text"/>\n{parts}</View>'


def labels(inside: str) -> str:
    return around(f'<Labels name="l" toName="text">{inside}</Labels>')


def test_the_seed_s_choices_are_read_with_name_choice_and_train() -> None:
    """J-33, J-36, J-37: the sample of the seed, and what drives its trainings."""
    config = read(CLASSES)
    assert isinstance(config.view.parts[0], View)
    assert config.view.parts[0].style == "overflow: auto;"
    assert config.texts == (Text("text", "text"),)
    assert [part.value for part in config.view.parts if isinstance(part, Header)] == ["Smoking Status", "Age", "Gender"]
    assert [(group.name, group.multiple, group.show_in_line, group.train) for group in config.groups] == [
        ("smokingstatus", True, True, False),
        ("age", False, True, False),
        ("gender", False, True, False),
    ]
    assert config.groups[2].choices == (Choice("Female", "neutral", "f"), Choice("Male", "neutral", "m"))


def test_the_first_group_by_name_is_trained_unless_another_says_so() -> None:
    """J-39, J-40."""
    default, chosen = read(CLASSES).trained_group, read(TRAIN_GENDER).trained_group
    assert default is not None
    assert default.name == "age"
    assert chosen is not None
    assert chosen.name == "gender"
    assert read(labels('<Label value="A"/>')).trained_group is None


def test_the_seed_s_elided_sample_is_read_with_warnings_that_its_groups_are_empty() -> None:
    """J-37: it parses as it stands, dots and all."""
    examined = examine(TRAIN_GENDER)
    assert examined.errors == ()
    assert [problem.place.line for problem in examined.problems] == [6, 6, 10, 10, 14, 14]


def test_the_samples_are_the_seed_s() -> None:
    """J-37: to the byte."""
    if not SEED.exists():
        pytest.skip(f"{SEED} is not on this machine")
    assert all(sample in SEED.read_text() for sample in (CLASSES, TRAIN_GENDER, ASSERTIONS))


def test_the_reference_s_example_is_a_config_without_a_problem() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "labeling-config.md").read_text()
    [example] = re.findall(r"```xml\n(.*?)```", page, re.DOTALL)
    assert examine(example, {}).problems == ()


def test_a_config_that_uses_everything_is_read_whole() -> None:
    config = read(MIXED, KNOWN)
    assert (config.entity_labels, config.assertion_labels) == (("Symptom", "Drug"), ("Absent", "Past"))
    [found] = config.label_sets
    assert isinstance(found, Labels)
    assert [(label.background, label.hotkey, label.model) for label in found.labels] == [
        ("#ffcc00", "1", ""),
        ("teal", "", ""),
        ("", "", JSL),
        ("", "", JSL),
    ]
    treats, beside = config.relations
    assert treats.allowed == (Pair("Drug", "Symptom", both=False),)
    assert treats.joins("Drug", "Symptom")
    assert not treats.joins("Symptom", "Drug")
    assert beside.joins("Drug", "Drug")
    assert not beside.joins("Drug", "Symptom")
    severity, gender = config.groups
    assert severity == Choices(
        "severity",
        "text",
        (Choice("Mild"), Choice("Severe")),
        required=True,
        required_message="How bad?",
        per_region=True,
    )
    assert config.trained_group == gender


@pytest.mark.parametrize(
    ("xml", "line", "column", "says"),
    [
        (around('<Choices name="a" toName="text" choice="several"/>'), 2, 33, "choice=“several” is unknown"),
        (around('<Choices name="a" toName="text" choice=""/>'), 2, 33, "choice=“” is unknown"),
        (around('<Choices name="a"/>'), 2, 1, "<Choices> needs the attribute “toName”"),
        (around('<Choices name="a" toName="txt"/>'), 2, 19, "toName=“txt” names nothing. Texts here: “text”."),
        (around('<Labels name="l" toName="c"/><Choices name="c" toName="text"/>'), 2, 18, "names a <Choices>"),
        (around('<Text name="t" value="$title"/><Labels name="l" toName="t"/>'), 2, 49, "the <Text> with “$text”"),
        (around('<Choices name="text" toName="text"/>'), 2, 10, "The name “text” is there already, in line 1"),
        (
            around('<Choices name="a" toName="text"><Choice value="A"/>\n<Choice value="A"/></Choices>'),
            3,
            9,
            "The choice “A” is there already, in line 2",
        ),
        (labels('<Label value="A"/><Label value="A" assertion="true"/>'), 2, 57, "The label “A” is there already"),
        (labels('<Label value="A" hotkey="a"/><Label value="B" hotkey="a"/>'), 2, 78, "The key “a” is there already"),
        (labels('<Label value="A" hotkey="?"/>'), 2, 49, "The key “?” is reserved: it shows all keys"),
        (labels('<Label value="A" hotkey=" "/>'), 2, 49, "The key “ ” is reserved: it reads on"),
        (labels('<Label value="A" hotkey="ctrl+a"/>'), 2, 49, "hotkey=“ctrl+a” is not one character"),
        (labels('<Label value="A" background="red;x"/>'), 2, 49, "is not a colour"),
        (labels('<Label value="A" assertion="yes"/>'), 2, 49, "neither “true” nor “false”"),
        (labels('<Label value=""/>'), 2, 32, "<Label> needs the attribute “value”"),
        (labels(f'<Label value="{"A" * 101}"/>'), 2, 39, "“value” has 101 characters; at most 100"),
        (labels('<Label value="A" onclick="x"/>'), 2, 49, "<Label> has no attribute “onclick”"),
        (labels('<Label value="A" hotKey="x"/>'), 2, 49, "Did you mean “hotkey”?"),
        (labels('<Choice value="A"/>'), 2, 32, "<Choice> belongs in <Choices>, not in <Labels>"),
        (around('<Label value="A"/>'), 2, 1, "<Label> belongs in <Labels>, not in <View>"),
        (around("<Script/>"), 2, 1, "“Script” is not a tag here"),
        (around("<header value='x'/>"), 2, 1, "Did you mean “Header”?"),
        ("<Labels/>", 1, 1, "A labeling config is one <View>; this is “Labels”"),
        ('<View><Labels name="l" toName="t"/></View>', 1, 1, "Nothing shows the document"),
        ('<View><Text name="text" value="$text"/></View>', 1, 1, "Nothing is asked"),
        ('<View>\n <Text name="text" value="text"/></View>', 2, 20, "is not a field of the document"),
        (around('<Choices name="a" toName="text" perRegion="true"/>'), 2, 1, "but there are no <Labels>"),
        (labels('<Label value="A"/>') + "<View/>", 2, 66, "not well-formed XML: junk after document element"),
        (
            around(
                '<Choices name="a" toName="text" train="true"/>\n<Choices name="b" toName="text" train="true"/>',
            ),
            3,
            33,
            "train=“true” is there already, in line 2",
        ),
        (
            around('<Labels name="l" toName="text"/><Relations><Relation value="r" allowed="A&lt;B"/></Relations>'),
            2,
            64,
            "“A<B” is not a pair of labels",
        ),
    ],
)
def test_a_mistake_is_told_with_line_and_column(xml: str, line: int, column: int, says: str) -> None:
    """J-33 and the rest of the grammar."""
    found = told(xml)
    assert [each for each in found if each[:2] == (line, column) and says in each[2]], found


def test_every_mistake_is_told_at_once_in_the_order_of_the_text() -> None:
    xml = labels('<Label value="A" hotkey="ab"/>\n<Label value="A" color="red"/>\n<Foo/>')
    assert [(line, column) for line, column, _ in told(xml)] == [(2, 49), (3, 8), (3, 18), (4, 1)]
    with pytest.raises(InvalidConfig, match=r"Line 2, column 49: .* Line 4, column 1: ") as refused:
        read(xml)
    assert len(refused.value.fields["labeling_config"]) == 4


def test_a_relation_may_only_name_labels_that_are_there() -> None:
    relations = (
        '</Labels><Relations><Relation value="r" allowed="A>B,C&lt;>A"/></Relations><Labels name="m" toName="text">'
    )
    assert [message for _, _, message in told(labels(f'<Label value="A"/>{relations}'))] == [
        "allowed names “B”, which is not a label here.",
        "allowed names “C”, which is not a label here.",
    ]


def test_a_model_that_is_not_there_is_refused() -> None:
    """J-53: and without a list of models, names are not checked."""
    xml = MIXED.replace(JSL, "assertion_jls")
    assert [(line, message) for line, _, message in told(xml, KNOWN)] == [
        (9, "There is no model “assertion_jls”."),
        (10, "There is no model “assertion_jls”."),
    ]
    assert told(xml) == []


def test_an_assertion_label_is_not_predicted_by_a_ner_model() -> None:
    """J-29, J-30: the label and the model are named."""
    xml = labels('<Label value="Absent" assertion="true" model="ner_one"/>')
    said = "The label “Absent” is an assertion label, so it cannot be predicted by “ner_one”, a NER model"
    assert told(xml, KNOWN) == [(2, 71, f"{said}; it takes an assertion model.")]


def test_an_entity_is_not_predicted_by_an_assertion_model_nor_a_group_by_either() -> None:
    xml = labels(
        f'<Label value="Drug" model="{JSL}"/></Labels>'
        '<Choices name="c" toName="text" model="ner_one"/><Labels name="m" toName="text">'
    )
    assert [message.split(";")[1] for _, _, message in told(xml, KNOWN)] == [
        " it takes a NER model.",
        " it takes a single choice classifier.",
    ]


def test_a_model_predicts_the_labels_it_learned_and_no_others() -> None:
    """SPEC 2.2.6: label names must match the model's labels."""
    [(_, _, message)] = told(labels('<Label value="Dose" model="ner_one"/>'), KNOWN)
    assert message == "The model “ner_one” does not predict “Dose”. It predicts Drug, Symptom."


def test_a_project_has_one_assertion_model() -> None:
    """J-31."""
    second = MIXED.replace(JSL, "assertion_two", 1)
    assert [(line, message) for line, _, message in told(second, KNOWN)] == [
        (10, f"A project has one assertion model: “assertion_two” above, “{JSL}” here.")
    ]
    assert told(MIXED, KNOWN) == []


def test_a_deployed_ner_model_is_written_to_every_label_but_pretrained_and_assertion_ones() -> None:
    """J-11, J-51, J-52: the text differs in those attributes only."""
    xml = labels('<Label value="A" model="pretrained"/><Label value="B" model="old"/> <Label value="C"/>' + ASSERTIONS)
    assert with_model(xml, "ner", "new", kept={"pretrained"}) == xml.replace('"old"', '"new"').replace(
        '<Label value="C"/>', '<Label value="C" model="new"/>'
    )


def test_a_deployed_assertion_model_is_written_to_every_assertion_label() -> None:
    """J-27: and the seed's sample with its own model is saved as it is."""
    assert with_model(MIXED, "assertion", JSL) == MIXED
    assert with_model(MIXED, "assertion", "assertion_two") == MIXED.replace(JSL, "assertion_two")


def test_a_deployed_classifier_is_written_to_its_group() -> None:
    """J-11: other groups stay."""
    written = with_model(CLASSES, "choice-single", "classification_age_annotation_manual", group="age")
    end = 'choice="single" showInLine="true"'
    assert written == CLASSES.replace(end, f'{end} model="classification_age_annotation_manual"', 1)
    assert read(written).groups[1].model == "classification_age_annotation_manual"


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=30).filter(
    lambda name: name == name.strip() and not set(name) & set("\u2028\u2029")
)
SPACES = st.sampled_from([" ", "  ", "\n  ", "\r\n\t", "\t"])
QUOTES = st.sampled_from("\"'")
BETWEEN = st.sampled_from(["", "\n", " <!-- a <Label/> --> ", "<?note x?>", "\r\n    "])


def escape(value: str, quote: str) -> str:
    for character in ("&", "<", quote):
        value = value.replace(character, f"&#{ord(character)};")
    return value


@st.composite
def written_labels(draw: st.DrawFn) -> tuple[str, str, str, list[str]]:
    """A config as people write it, what it is with "new" as its NER model, the model kept, and its labels."""
    before: list[str] = []
    after: list[str] = []
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    for name in names:
        model = draw(st.sampled_from([None, "", "old", "kept", "new"]))
        assertion = draw(st.booleans())
        pieces = [f"value={(q := draw(QUOTES))}{escape(name, q)}{q}"]
        if assertion:
            pieces.append("assertion='true'")
        others = draw(st.permutations(pieces))
        space, between = draw(SPACES), draw(BETWEEN)
        end = draw(st.sampled_from(["/>", " />", "></Label>", "\n></Label>"]))
        was = f"model={(q := draw(QUOTES))}{model}{q}" if model is not None else None
        place = draw(st.integers(0, len(others)))
        replaced = not assertion and model != "kept"
        now = 'model="new"' if replaced and model != "new" else was
        for out, said in ((before, was), (after, now)):
            attributes = [*others[:place], said, *others[place:]] if was else list(others)
            tail = ' model="new"' if was is None and out is after and replaced else ""
            out.append(f"{between}<Label{''.join(space + a for a in attributes if a)}{tail}{end}")
    return labels("".join(before)), labels("".join(after)), "kept", names


@given(written_labels())
def test_whatever_a_config_looks_like_only_models_are_rewritten(written: tuple[str, str, str, list[str]]) -> None:
    """J-11, J-51, J-52: byte for byte, with any quotes, spaces, comments and letters."""
    before, after, kept, names = written
    config = examine(before).config
    assert config is not None
    assert [label.value for part in config.label_sets for label in part.labels] == names
    assert with_model(before, "ner", "new", kept={kept}) == after
    assert with_model(after, "ner", "new", kept={kept}) == after


@given(st.text(st.sampled_from("<>/=\"&;'!?-[]# \nViewTxtLabls$€𝄞\x00\ud800"), max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    for xml in (text, around(text), labels(f"<Label value={text}")):
        examined = examine(xml, KNOWN)
        assert examined.config is None or isinstance(examined.config, Config)
        assert all(isinstance(problem, Problem) and min(problem.place) >= 1 for problem in examined.problems)


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        (f'<!DOCTYPE x [<!ENTITY l0 "ha">{BOMB}]><View>&l9;</View>', "may not be declared"),
        ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><View>&e;</View>', "may not be declared"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><View/>', "may not be declared"),
        ("<View>&undeclared;</View>", "undefined entity"),
        ("<View>" * 40 + "</View>" * 40, "too many levels"),
        ("<View>" * 100_000, "has 600,000 bytes"),
        ("<View>" * 40_000, "too many levels"),
        (around("<View/>" * 2_500), "too many elements: at most 2,000"),
        (labels('<Label value="A"/>' * 10_000), "too many elements"),
        ("<View " + " ".join(f'a{n}="x"' for n in range(20_000)) + "/>", "has no attribute “a0”"),
        (f'<View {"a" * 250_000}="x"/>', "has no attribute “aaa"),
        ("<View>" + "x" * 5_000_000 + "</View>", "has 5,000,013 bytes; at most 262,144"),
        ("<View>" + "\x00" + "</View>", "not well-formed"),
        ("<View>\ud800</View>", "Half of a surrogate pair"),
        ("<View>" + "\U0001f600" * 70_000 + "</View>", "has 280,013 bytes"),
        ("", "not well-formed XML: no element found"),
    ],
)
def test_hostile_xml_is_refused_clearly_in_bounded_time_and_memory(xml: str, says: str) -> None:
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(InvalidConfig, match=re.escape(says)) as refused:
        read(xml)
    assert time.process_time() - started < 2
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()
    assert len(refused.value.message) < 64 << 10


def test_places_count_characters_not_bytes() -> None:
    [(line, column, _)] = told('<View><Text name="text" value="$text"/>😀é\r\n<Choices name="é" toName="nö"/></View>')
    assert (line, column) == (2, 19)
