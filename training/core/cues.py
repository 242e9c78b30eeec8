"""Words that say of what stands near them that it is absent, past, possible, only feared, or somebody else's.

The rule is NegEx's (Chapman et al. 2001) with ConText's further kinds (Harkema et al. 2009): a cue speaks for what is
behind it, or for what stands before it, up to the end of the sentence or a word that ends its reach. The words are
English; in other languages the rule is silent, and all has to be learned from the words around a span.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

PLAIN, STOP = "plain", "stop"  # a cue's words where they say nothing; what ends the reach of a cue


class Cue(NamedTuple):
    """A cue where it stands in a sentence: tokens from ``first`` up to, not including, ``last``."""

    kind: str
    first: int
    last: int


class Verdict(NamedTuple):
    """What a cue says of a span, on which side of it, and how many tokens lie between."""

    kind: str
    side: str
    distance: int


BEFORE = {
    "absent": """
        no, not, without, never, nor, neither, none of, cannot, denies, denied, denying, deny, declines,
        declined, negative for, absence of, absent, free of, free from, free, lack of, lacks, lacked, lacking,
        no evidence of, no sign of, no signs of, no complaints of, without evidence of, without any, ruled out,
        rules out, rules him out, rules her out, fails to reveal, failed to reveal, fails to show, failed to
        show, unremarkable for, resolution of, resolved, no longer, did not, does not, do not, is not, was not,
        are not, were not, n ' t, rather than, unlikely, with no, no new, to exclude, excluded, excludes,
        against""",
    "past": """
        history of, history, hx of, hx, h / o, past, past medical history, past history, past surgical history,
        pmh, previous, previously, prior, remote, old, status post, s / p, formerly, former, known history of,
        earlier, had had, treated for, last year, years ago, childhood, medical history, social history""",
    "possible": """
        possible, possibly, probable, probably, likely, may be, may have, might be, might have, could be, could
        have, suspected, suspicion of, suspicious for, suspect, suggestive of, suggests, consistent with,
        concern for, concerning for, worrisome for, question of, questionable, evaluate for, evaluation for,
        rule out, r / o, versus, vs, presumed, differential, appears, cannot exclude, cannot rule out, not
        excluded""",
    "feared": """
        if, return for, return if, call for, watch for, as needed for, in case of, risk of, risk for, at risk
        for, prevent, prevention of, prophylaxis, to avoid, should, unless, precautions, screening for""",
    "other": """
        mother, father, sister, brother, son, daughter, wife, husband, aunt, uncle, cousin, grandmother,
        grandfather, grandparents, parents, siblings, family history, family history of, fh, maternal, paternal,
        family""",
}
AFTER = {
    "absent": """
        was ruled out, is ruled out, were ruled out, are ruled out, has been ruled out, have been ruled out,
        ruled out, unlikely, free, not seen, not present, not found, not identified, not appreciated, not noted,
        was negative, is negative, were negative, are negative, negative, absent, denied, was not, is not, were
        not, are not, none, : no, : none, : negative, resolved, has resolved, have resolved, did not rule out""",
    "past": """
        in the past, years ago, year ago, months ago, month ago, weeks ago, as a child, last year, last month,
        in childhood, in remission, history, status post, s / p, previously, prior""",
    "possible": """
        possible, probable, likely, suspected, cannot be excluded, not excluded, cannot be ruled out, is
        questioned, versus, vs""",
    "feared": "recurs, develops, worsens, occurs, should occur",
    "other": "in her mother, in his father, in her father, in his mother, in the family, runs in the family",
}
SILENT = """
        no increase, no change, no changes, no interval change, no significant change, no significant interval
        change, no suspicious change, not only, not certain if, not certain whether, not necessarily, not cause,
        not drain, not extend, without difficulty, gram negative, gram - negative, history and, history and
        physical, history and examination, history taking, poor historian, of no, no definite change, if
        negative"""
ENDS = """
        but, however, nevertheless, yet, though, although, still, aside from, except, except for, apart from,
        other than, secondary to, as a cause of, as the cause of, as the source of, as a source of, as a reason
        for, as the etiology of, which, who, because, since, presents, presented, presenting, ; , otherwise,
        therefore, then, despite, whereas, and has, and had, and is, and was, and reports, and complains, now,
        currently"""


def verdicts(words: Sequence[str], first: int, last: int) -> list[Verdict]:
    """What is said of the tokens from ``first`` up to ``last`` of a sentence, the nearest cue of each kind and side."""
    lower = [word.lower() for word in words]
    left = _reach([cue for cue in _cues(lower, _LEFT) if cue.last <= first], nearest_last=True)
    right = _reach([cue for cue in _cues(lower, _RIGHT) if cue.first >= last], nearest_last=False)
    said = [Verdict(cue.kind, "before", first - cue.last) for cue in left]
    said += [Verdict(cue.kind, "after", cue.first - last) for cue in right]
    nearest: dict[tuple[str, str], Verdict] = {}
    for verdict in said:
        nearest.setdefault((verdict.kind, verdict.side), verdict)
    return list(nearest.values())


def _reach(cues: list[Cue], *, nearest_last: bool) -> Iterator[Cue]:
    """The cues from the nearest outwards, up to the first that ends the reach."""
    for cue in reversed(cues) if nearest_last else cues:
        if cue.kind == STOP:
            return
        if cue.kind != PLAIN:
            yield cue


def _cues(lower: Sequence[str], known: "_Table") -> list[Cue]:
    """The cues of a sentence from left to right, the longest where several begin at one token."""
    found, behind = [], 0
    for place, word in enumerate(lower):
        if place < behind or word not in known:
            continue
        for words, kind in known[word]:
            end = place + len(words)
            if tuple(lower[place:end]) == words:
                found.append(Cue(kind, place, end))
                behind = end
                break
    return found


_Table = dict[str, list[tuple[tuple[str, ...], str]]]  # by first word, the longest first


def _table(cues: dict[str, str]) -> _Table:
    found = {tuple(words.split()): kind for kind, listed in cues.items() for words in listed.split(",")}
    table: _Table = {}
    for words, kind in sorted(found.items(), key=lambda each: -len(each[0])):
        table.setdefault(words[0], []).append((words, kind))
    return table


_QUIET = {PLAIN: SILENT, STOP: ENDS}
_LEFT, _RIGHT = _table({**BEFORE, **_QUIET}), _table({**AFTER, **_QUIET})
