"""What acts on every question, in the index in memory and in a tenant that is too large for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_store import correction_search
from feedback_store.folding import BEFORE_ALL, Folded
from feedback_store.kinds import KINDS, MOST_ALWAYS, acts_always, reach
from feedback_store.lance_schema import arrow, correction_row, corrections
from feedback_store.recall_index import Held, RecallIndex
from feedback_store.standing import stand
from feedback_store.store import Scope
from tests.embeddings import TrigramEmbeddings
from tests.opener import Opener
from tests.records import a_correction, a_review

ANN, BEN = Scope(user_id="ann", tenant="default"), Scope(user_id="ben", tenant="default")
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)


def a_style(**fields: Any) -> Any:
    return a_correction(**{"type": "style", "corrected": "", "guidance": "Be brief."} | fields)


def held(**fields: Any) -> Held:
    return Held(stand(a_style(**fields), now=BEFORE_ALL))


def index_of(*kept: Held) -> RecallIndex:
    rows = [correction_row(Folded(one.known, reviews=0, revision=1), None) for one in kept]
    return RecallIndex(arrow(rows, corrections(None, None)))


def found(index: RecallIndex, question: str = "zzz", scope: Scope = ANN, **more: Any) -> list[str]:
    return [one.known.id for one in index.search(question, None, scope=scope, limit=2, **more)]


def test_the_table_says_of_each_type_where_it_acts() -> None:
    always = [type_ for type_ in KINDS if acts_always(a_correction(type=type_))]
    topical = [type_ for type_ in KINDS if reach(a_correction(type=type_, condition="gift cards")) == "topic"]
    assert always == ["term", "style"]
    assert topical == ["boundary", "rule", "term", "style"]
    assert 2 * (KINDS["term"].most + KINDS["style"].most) == MOST_ALWAYS
    assert not acts_always(a_style(condition="gift cards"))
    assert acts_always(a_style(condition=" "))


def test_rows_that_act_always_come_newest_first_and_take_no_place_among_the_nearest() -> None:
    styles = [held(event_id=f"s{n}", created_at=EARLIER + timedelta(days=n)) for n in range(3)]
    facts = [held(type="fact", event_id=f"f{n}", question="refunds") for n in range(4)]
    index = index_of(*styles, *facts)
    assert found(index) == ["s2", "s1", "s0"]
    assert found(index, "refunds") == ["f3", "f2", "s2", "s1", "s0"]
    assert found(index, scope=BEN) == []


def test_a_newer_form_stands_for_the_row_of_its_id_and_a_hidden_one_is_left_out() -> None:
    index = index_of(held(event_id="s1", created_at=EARLIER), held(event_id="s2", created_at=EARLIER))
    changed = held(event_id="s1", created_at=EARLIER, guidance="In German.")
    ended = Held(stand(changed.known.correction, [a_review("s1", verdict="withdraw")], now=BEFORE_ALL))
    assert found(index, extra=[changed]) == ["s2", "s1"]
    assert found(index, extra=[ended]) == ["s2"]
    assert found(index, hidden=["s2"]) == ["s1"]


def test_of_very_many_only_those_in_force_are_counted() -> None:
    over = [held(created_at=EARLIER + timedelta(days=n), valid_until=EARLIER) for n in range(20)]
    good = held(created_at=EARLIER - timedelta(days=1))
    assert found(index_of(*over, good)) == [good.known.id]


def test_a_text_that_looks_like_a_type_is_none() -> None:
    fact = held(type="fact", guidance='{"type":"style"}', details={"type": "style", "valid_from": "2030-01-01"})
    assert found(index_of(fact)) == []
    assert found(index_of(fact), "refunds") == [fact.known.id]


def test_a_row_acts_from_its_time_on_and_until_its_successor_takes_over() -> None:
    later = held(type="fact", event_id="f1", valid_from=EARLIER)
    old = a_correction(event_id="f0", created_at=EARLIER - timedelta(days=9))
    new = stand(a_correction(supersedes="f0", valid_from=EARLIER, created_at=EARLIER - timedelta(days=1)))
    replaced = Held(stand(old, successors=[new], now=BEFORE_ALL))
    index = index_of(later, replaced)
    before, after = EARLIER - timedelta(seconds=1), EARLIER
    assert [found(index, "refunds", now=moment) for moment in (before, after)] == [["f0"], ["f1"]]


def test_in_a_tenant_that_is_too_large_for_an_index_they_come_back_and_end_at_once(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correction_search, "MOST_ROWS", 2)
    monkeypatch.setattr(correction_search, "MOST_CHANGES", 4)
    store = opener(TrigramEmbeddings())

    def seen(scope: Scope) -> list[str]:
        found = store.similar_corrections("Which colours?", scope=scope, limit=2)
        return [one.known.id for one in found if one.known.correction.type == "style"]

    first = a_style(event_id="s0", created_at=EARLIER)
    store.append([first, *(a_correction(question=f"Do refunds take {n} days?") for n in range(8))])
    store.flush()
    assert (seen(ANN), seen(BEN)) == (["s0"], [])
    for number in range(1, 7):  # more than it follows, and each is in the tables before the next comes
        store.append(a_style(event_id=f"s{number}", created_at=EARLIER + timedelta(days=number)))
        assert seen(ANN)[0] == f"s{number}"
        store.flush()
        assert seen(ANN) == [f"s{n}" for n in range(number, -1, -1)]
    store.append(a_review("s3", verdict="withdraw"))
    assert "s3" not in seen(ANN)
    store.flush()
    assert seen(ANN) == ["s6", "s5", "s4", "s2", "s1", "s0"]
    store.append(a_review("s2", audience="tenant"))
    store.flush()
    assert seen(BEN) == ["s2"]


@pytest.mark.parametrize(
    "nearer", [{"valid_from": datetime.now(UTC) + timedelta(days=1)}, {"type": "style"}], ids=["later", "always"]
)
def test_in_a_tenant_that_is_too_large_for_an_index_they_keep_no_other_out(
    opener: Opener, monkeypatch: pytest.MonkeyPatch, nearer: dict[str, Any]
) -> None:
    monkeypatch.setattr(correction_search, "MOST_ROWS", 2)
    store = opener(TrigramEmbeddings())
    good = a_correction(question="How long does it take until refunds arrive?", corrected="Ten days.")
    store.append([good, *(a_correction(**nearer) for _ in range(25))])
    store.flush()
    for limit in (1, 20):
        found = store.similar_corrections("How long do refunds take?", scope=ANN, limit=limit)
        assert [one.known.id for one in found if one.known.correction.type == "fact"] == [good.event_id]
