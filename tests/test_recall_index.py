"""The index of corrections in memory: it finds what the store in memory finds, and only what a scope may see."""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_store.embedding import Embedder, Pair
from feedback_store.events import Correction, Review
from feedback_store.folding import BEFORE_ALL, Folded
from feedback_store.lance_schema import arrow, correction_row, corrections
from feedback_store.memory import MemoryStore
from feedback_store.recall_index import Held, RecallIndex
from feedback_store.standing import in_force, stand
from feedback_store.store import Candidate, Embeddings, Scope
from tests.embeddings import TrigramEmbeddings
from tests.records import a_correction, a_review

ANN = Scope(user_id="ann", tenant="default")
OVER = datetime(2026, 1, 1, tzinfo=UTC)
EAST: Pair = ([1.0, 0.0], [1.0, 0.0])
NORTH: Pair = ([0.0, 1.0], [0.0, 1.0])
WORDS = ["refund", "refunds", "days", "pump", "AX-2049", "the", "the", "the", "\u8fd4\u54c1", "caf\u00e9"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
OWNERS = st.tuples(st.sampled_from(["ann", "ben", "\u0430nn", None]), st.sampled_from(["default", "other"]))
FATES = st.sampled_from(["pending", "pending", "author", "tenant", "tenant", "everyone", "reject", "withdraw", "over"])
ACTS = st.lists(st.tuples(OWNERS, FATES, TEXTS, TEXTS), max_size=14)
SCOPES = st.builds(
    Scope, user_id=st.sampled_from(["ann", "\u0430nn", "zoe", None]), tenant=st.sampled_from(["default", "other", None])
)
Act = tuple[tuple[str | None, str], str, str, str]
"""(user, tenant), what became of the correction, the question, what would have been right."""


class HalvesEmbeddings(TrigramEmbeddings):
    """Unit vectors of halves, so that cosines are exact and often equal."""

    def embed_query(self, text: str) -> list[float]:
        bits = zlib.crc32(text.encode())
        return [0.5 if bits >> place & 1 else -0.5 for place in range(4)]


class Twin:
    """The same corrections in an index and in the store in memory, there in the order in which equal ones are found."""

    def __init__(self, embeddings: Embeddings | None, acts: Sequence[Act]) -> None:
        self._embedder = Embedder(embeddings) if embeddings else None
        self._memory = MemoryStore(embeddings=embeddings)
        kept: list[tuple[Correction, list[Review]]] = []
        for number, ((user, tenant), fate, question, corrected) in enumerate(acts):
            fields: dict[str, Any] = {"valid_until": OVER if fate == "over" else None, "corrected": corrected}
            one = a_correction(event_id=f"c{number:04}", user_id=user, tenant=tenant, question=question, **fields)
            kept.append((one, reviews(one, fate)))
        self._memory.append([event for one, reviews in reversed(kept) for event in (one, *reviews)])
        self.held = [
            Held(stand(one, reviews, now=BEFORE_ALL), self._embedder.correction(one) if self._embedder else None)
            for one, reviews in kept
        ]
        self.index = index_of(*self.held)

    def both(self, question: str, scope: Scope, limit: int) -> tuple[list[Candidate], list[Candidate]]:
        asked = self._embedder.question(question) if self._embedder else None
        found = self.index.search(question, asked, scope=scope, limit=limit)
        return found, self._memory.similar_corrections(question, scope=scope, limit=limit)


def reviews(correction: Correction, fate: str) -> list[Review]:
    if fate in ("author", "tenant", "everyone"):
        return [a_review(correction, tenant=correction.tenant, audience=fate)]
    return [a_review(correction, tenant=correction.tenant, verdict=fate)] if fate in ("reject", "withdraw") else []


def held(vectors: Pair | None = None, fate: str = "pending", **fields: Any) -> Held:
    correction = a_correction(**fields)
    return Held(stand(correction, reviews(correction, fate), now=BEFORE_ALL), vectors)


def index_of(*kept: Held, dimension: int | None = None) -> RecallIndex:
    rows = [correction_row(Folded(one.known, reviews=0, revision=1), one.vectors) for one in kept]
    found = next((len(one.vectors[0]) for one in kept if one.vectors), dimension)
    return RecallIndex(arrow(rows, corrections(found, "model")))


def ids(found: Sequence[Candidate]) -> list[str]:
    return [one.known.id for one in found]


@settings(max_examples=80, deadline=None)
@given(acts=ACTS, scope=SCOPES, question=TEXTS)
def test_it_finds_what_the_store_in_memory_finds_and_nothing_out_of_scope(
    acts: list[Act], scope: Scope, question: str
) -> None:
    twin = Twin(HalvesEmbeddings(), acts)
    found, expected = twin.both(question, scope, 1000)
    known = [one.known for one in twin.held]
    assert {*ids(found)} == {one.id for one in known if in_force(one, user_id=scope.user_id, tenant=scope.tenant)}
    seen = [
        {one.known.id: (one.known, one.similarity, one.text_score is None) for one in both}
        for both in (found, expected)
    ]
    assert seen[0] == seen[1]


@settings(max_examples=60, deadline=None)
@given(acts=ACTS, scope=SCOPES, question=st.text(alphabet="xyz ", max_size=6), limit=st.sampled_from([0, 1, 3, 20]))
def test_the_ranking_by_meaning_is_that_of_the_store_in_memory(
    acts: list[Act], scope: Scope, question: str, limit: int
) -> None:
    found, expected = Twin(HalvesEmbeddings(), acts).both(question, scope, limit)
    assert [(one.known.id, one.similarity) for one in found] == [(one.known.id, one.similarity) for one in expected]


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.tuples(TEXTS, TEXTS), max_size=14), question=TEXTS, limit=st.sampled_from([1, 3, 20]))
def test_where_a_scope_sees_all_the_text_scores_are_those_of_the_store_in_memory(
    texts: list[tuple[str, str]], question: str, limit: int
) -> None:
    twin = Twin(None, [(("ann", "default"), "pending", *both) for both in texts])
    found, expected = twin.both(question, ANN, limit)
    assert [one.text_score for one in found] == [pytest.approx(one.text_score, rel=1e-5) for one in expected]
    assert {one.similarity for one in found} <= {None}


def test_a_crowd_is_ranked_by_meaning_as_in_the_store_in_memory() -> None:
    chance = np.random.default_rng(7)
    fruit = ["apple", "banana", "cherry", "date", "elder", "fig", "grape", "kiwi", "lemon", "mango"]
    texts = [f"{' '.join(chance.choice(fruit, 6))} {chance.integers(900)}" for _ in range(3_100)]
    acts: list[Act] = [(("ben", "default"), "tenant", *both) for both in zip(texts[::2], texts[1::2], strict=True)]
    twin = Twin(TrigramEmbeddings(300), acts)
    for question, limit in (("lemon", 20), ("an elder fig 17", 20), ("apple kiwi cherry date", 1)):
        found, expected = twin.both(question, ANN, limit)
        assert [one.similarity for one in found] == [pytest.approx(one.similarity, abs=1e-6) for one in expected]


@pytest.mark.parametrize(("lead", "found_at_least"), [(1.0, 1.0), (2.45, 0.97)])
def test_the_nearest_are_found_whether_some_directions_lead_or_not(lead: float, found_at_least: float) -> None:
    chance = np.random.default_rng(5)
    vectors = chance.standard_normal((1_640, 2, 96)) * np.where(np.arange(96) < 32, lead, 1)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    index = index_of(*(held(tuple(pair.tolist()), event_id=f"c{n}") for n, pair in enumerate(vectors[40:])))
    shares: list[float] = []
    for asked in vectors[:40, 0]:
        found = index.search("nothing", asked.tolist(), scope=ANN, limit=20)
        nearest = np.argsort((vectors[40:] @ asked).max(axis=1))[::-1][:20]
        shares.append(len({*ids(found)} & {f"c{place}" for place in nearest}) / 20)
    assert np.mean(shares) >= found_at_least


@pytest.mark.parametrize("dimension", [2, 96])
@pytest.mark.parametrize("count", [30, 2_000])
def test_of_equally_near_ones_the_greatest_ids_are_found(count: int, dimension: int) -> None:
    vector = Embedder(TrigramEmbeddings(dimension)).question("How long do refunds take?") or []
    places = np.random.default_rng(1).permutation(count)
    newer = [held((vector, vector), event_id=f"c{place:04}") for place in places[:7]]
    index = index_of(*(held((vector, vector), event_id=f"c{place:04}") for place in places[7:]))
    expected = [f"c{count - n:04}" for n in range(1, 6)]
    for question, asked in (("the refunds take days", vector), ("refunds take long", None), ("nothing", vector)):
        assert ids(index.search(question, asked, scope=ANN, limit=5, extra=newer)) == expected


def test_the_same_name_in_another_tenant_is_another_person() -> None:
    own, other = held(EAST, tenant="default"), held(EAST, tenant="other")
    index = index_of(own, other)
    assert ids(index.search("refunds", EAST[0], scope=ANN, limit=5)) == [own.known.id]
    for scope in (Scope(user_id="ann"), Scope(tenant="default"), Scope()):
        assert index.search("refunds", EAST[0], scope=scope, limit=5) == []


def test_a_correction_acts_until_the_moment_it_expires() -> None:
    until = datetime(2027, 5, 1, 12, tzinfo=UTC)
    index, newer = index_of(held(valid_until=until)), held(valid_until=until)
    for now, count in ((until - timedelta(microseconds=1), 2), (until, 0), (until + timedelta(days=1), 0)):
        assert len(index.search("refunds", None, scope=ANN, limit=5, now=now, extra=[newer])) == count


def test_a_row_whose_record_says_less_than_its_columns_is_not_shown() -> None:
    one = held(user_id="ben")
    row = correction_row(Folded(one.known, reviews=0, revision=1), None) | {"state": "active", "audience": "everyone"}
    index = RecallIndex(arrow([row], corrections(None, None)))
    assert len(index) == 1
    assert index.search("refunds", None, scope=ANN, limit=5) == []


def test_hidden_ones_are_left_out_and_make_room_for_the_next() -> None:
    kept = [held(EAST, event_id=f"c{n}") for n in range(6)]
    index = index_of(*kept)

    def found(*hidden: str) -> list[str]:
        return ids(index.search("refunds", EAST[0], scope=ANN, limit=2, hidden=hidden))

    assert found() == ["c5", "c4"]
    assert found("c5", "c3", "unknown", "c", "c55", "\ud800") == ["c4", "c2"]
    assert found(*(one.known.id for one in kept)) == []


def test_a_newer_form_of_a_correction_stands_for_the_row_of_its_id() -> None:
    shared, own = held(fate="everyone", user_id="ben", event_id="c1"), held(event_id="c2")
    index = index_of(shared, own)
    withdrawn = held(fate="withdraw", user_id="ben", event_id="c1")
    rejected, note = held(fate="reject", event_id="c2"), held(event_id="c2", guidance="Newer.")
    assert ids(index.search("refunds", None, scope=ANN, limit=5, extra=[withdrawn])) == ["c2"]
    assert ids(index.search("refunds", None, scope=ANN, limit=5, extra=[rejected])) == ["c1"]
    [found] = index.search("refunds", None, scope=ANN, limit=5, extra=[withdrawn, note], hidden=["c1", "c2"])
    assert found.known == note.known


def test_newer_ones_are_ranked_among_the_others_by_the_same_scores() -> None:
    texts = {"c1": "the pump", "c3": "the seal of the pump", "c5": "the red door"}
    index = index_of(*(held(EAST, event_id=key, question=text, corrected="none") for key, text in texts.items()))
    same = held(EAST, event_id="c4", question="the seal of the pump", corrected="none")
    rare = held(NORTH, event_id="c2", question="the AX-2049 pump", corrected="none")
    private = held(EAST, event_id="c6", user_id="ben", question="the seal of the pump", corrected="none")
    found = index.search("a seal, pump AX", EAST[0], scope=ANN, limit=9, extra=[same, rare, private])
    assert ids(found) == ["c4", "c3", "c1", "c5", "c2"]
    scores = {one.known.id: one.text_score or 0 for one in found}
    assert scores["c4"] == pytest.approx(scores["c3"], rel=1e-6)
    assert scores["c2"] > scores["c1"] > scores["c5"] == 0
    assert [one.similarity for one in found] == [1, 1, 1, 1, 0]


@settings(max_examples=50, deadline=None)
@given(acts=ACTS, scope=SCOPES, question=TEXTS, limit=st.sampled_from([1, 3, 20]))
def test_an_empty_index_finds_what_is_newer_as_the_store_in_memory_does(
    acts: list[Act], scope: Scope, question: str, limit: int
) -> None:
    twin = Twin(HalvesEmbeddings(), acts)
    asked = Embedder(HalvesEmbeddings()).question(question)
    found = index_of(dimension=4).search(question, asked, scope=scope, limit=1000, extra=twin.held)
    _, expected = twin.both(question, scope, 1000)
    assert {one.known.id: one.similarity for one in found} == {one.known.id: one.similarity for one in expected}
    assert len(index_of().search(question, asked, scope=scope, limit=limit, extra=twin.held)) == min(limit, len(found))


def test_a_correction_that_waits_for_its_vectors_is_found_by_words() -> None:
    near, waiting, newer = held(EAST, event_id="c1"), held(event_id="c2"), held(event_id="c3")
    index = index_of(near, waiting)
    found = index.search("refunds", EAST[0], scope=ANN, limit=5, extra=[newer])
    assert [(one.known.id, one.similarity) for one in found] == [("c1", 1), ("c3", None), ("c2", None)]
    assert ids(index.search("nothing", EAST[0], scope=ANN, limit=5, extra=[newer])) == ["c1"]


@pytest.mark.parametrize("dimension", [None, 2])
def test_without_vectors_words_alone_decide(dimension: int | None) -> None:
    index = index_of(held(), dimension=dimension)
    for asked in (None, [], EAST[0]):
        [found] = index.search("refunds", asked, scope=ANN, limit=5)
        assert found.similarity is None
        assert index.search("nothing", asked, scope=ANN, limit=5) == []


def test_a_vector_of_another_model_is_passed_over() -> None:
    index = index_of(held(EAST))
    found = index.search("refunds", [1.0, 0.0, 0.0], scope=ANN, limit=5, extra=[held(EAST)])
    assert [one.similarity for one in found] == [None, None]


@pytest.mark.parametrize("question", ["", " ", "\0", "\ud800", "'\"\\", "+ - ~ ^2", "refunds " * 12_000])
def test_any_question_may_be_asked(question: str) -> None:
    kept = held(EAST, question=question.replace("\0", "").encode(errors="replace").decode())
    index = index_of(kept)
    assert ids(index.search(question, EAST[0], scope=ANN, limit=5)) == [kept.known.id]
    assert ids(index.search(question, None, scope=ANN, limit=5, extra=[kept])) in ([kept.known.id], [])


def test_a_limit_below_zero_is_refused_and_of_zero_finds_nothing() -> None:
    index = index_of(held(EAST))
    assert index.search("refunds", EAST[0], scope=ANN, limit=0) == []
    with pytest.raises(ValueError, match="-1"):
        index.search("refunds", EAST[0], scope=ANN, limit=-1)


def test_what_it_returns_may_be_changed_by_who_gets_it() -> None:
    index, newer = index_of(held(event_id="c1", details={"days": 10})), held(event_id="c2", details={"days": 10})
    for _ in range(2):
        found = index.search("refunds", None, scope=ANN, limit=5, extra=[newer])
        assert [one.known.correction.details for one in found] == [{"days": 10}] * 2
        for one in found:
            one.known.correction.details["days"] = 99


def test_it_holds_only_what_somebody_can_meet_and_says_how_much() -> None:
    kept = [held(EAST), held(EAST, fate="everyone"), held(fate="reject"), held(fate="withdraw"), held(user_id=None)]
    index = index_of(*kept)
    assert len(index) == 2
    assert 1_000 < index.nbytes < 10_000
    assert len(index_of()) == 0
