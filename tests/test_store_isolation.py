"""What every store never does: show one person's or one tenant's records to another, whatever their names look like."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from feedback_store.events import Correction
from feedback_store.lancedb import LanceStore
from feedback_store.memory import MemoryStore
from feedback_store.standing import in_force
from feedback_store.store import FeedbackStore, Scope
from tests.records import a_correction, a_rating, a_review, a_turn

PIECES = [
    *("'", "''", "\\", "\\'", '"', "`", "%", "_", ";", "--", "/*", "*/", ")", "(", "{", "$1", "?", "\n", "\x1b", "\0"),
    *(" or 1=1 ", "') or 1=1 --", "' OR user_id IS NOT NULL OR '"),
    *("a", "ann", "\u0430nn", "\U0001f642", "\u202e"),
]
NAMES = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=4).map("".join)
KEPT_NAMES = NAMES.filter(lambda name: name and "\0" not in name)
EXAMPLES = settings(max_examples=60, deadline=None)


@dataclass(repr=False)
class Crowd:
    """One store for all examples of a property, so that it holds ever more that must not be seen."""

    store: FeedbackStore
    corrections: list[Correction] = field(default_factory=list[Correction])

    def add(self, user: str, tenant: str, audience: str | None) -> None:
        correction = a_correction(user_id=user, tenant=tenant)
        own: dict[str, Any] = {"user_id": user, "tenant": tenant}
        self.store.append([correction, a_turn(**own), a_rating(**own)])
        if audience:
            self.store.append(a_review(correction, tenant=tenant, audience=audience))
        self.corrections.append(correction)


@pytest.fixture(scope="module", params=["memory", "lance"])
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    store = MemoryStore() if request.param == "memory" else LanceStore(tmp_path_factory.mktemp("crowd"))
    crowd = Crowd(store)
    crowd.add("victim", "default", None)
    crowd.add("victim", "other", "tenant")
    yield crowd
    store.close()


@EXAMPLES
@given(
    owner=st.tuples(KEPT_NAMES, KEPT_NAMES | st.just("default")),
    audience=st.sampled_from([None, None, "author", "tenant", "everyone"]),
    asker=st.tuples(st.none() | KEPT_NAMES, st.none() | st.just("default") | KEPT_NAMES),
)
@example(owner=("') or 1=1 --", "default"), audience=None, asker=("') or 1=1 --", "default"))
@example(owner=("a", "default"), audience=None, asker=("\\') or (1=1) --", "default"))
@example(owner=("a", "default"), audience="tenant", asker=(None, "x' OR tenant IS NOT NULL OR '"))
def test_a_question_finds_what_its_scope_may_see_and_nothing_else(
    crowd: Crowd, owner: tuple[str, str], audience: str | None, asker: tuple[str | None, str | None]
) -> None:
    crowd.add(*owner, audience)
    for user, tenant in (asker, owner):
        scope = Scope(user_id=user, tenant=tenant)
        found = crowd.store.similar_corrections("How long do refunds take?", scope=scope, limit=10_000)
        may_see = {known.id for known in crowd.store.corrections() if in_force(known, user_id=user, tenant=tenant)}
        assert {candidate.known.id for candidate in found} == may_see


@EXAMPLES
@given(owner=KEPT_NAMES, home=KEPT_NAMES, user=NAMES, tenant=NAMES)
@example(owner="a", home="b", user="' OR 'a'='a", tenant="b")
@example(owner="a", home="b", user="\\", tenant=" OR 1=1 --")
@example(owner="\\", home="' OR 1=1 --", user="\\", tenant="' OR 1=1 --")
def test_a_filter_finds_exactly_what_it_names(crowd: Crowd, owner: str, home: str, user: str, tenant: str) -> None:
    crowd.add(owner, home, None)
    for who, where in ((user, tenant), (owner, home)):
        expected = [(one.user_id, one.tenant) for one in crowd.corrections if (one.user_id, one.tenant) == (who, where)]
        asked: dict[str, Any] = {"user_id": who, "tenant": where}
        turns = crowd.store.turns(**asked)
        ratings = crowd.store.events(kinds=["rating"], **asked)
        corrections = [known.correction for known in crowd.store.corrections(**asked)]
        for found in (turns, ratings, corrections):
            assert [(one.user_id, one.tenant) for one in found] == expected


@EXAMPLES
@given(hostile=NAMES)
def test_ids_and_sessions_that_nobody_has_find_nothing(crowd: Crowd, hostile: str) -> None:
    for name in (hostile, f"session-1' OR '{hostile}", f"x') OR (1=1{hostile}"):
        assert crowd.store.turns(session_id=name) == crowd.store.turns(turn_ids=[name]) == []
        assert crowd.store.events(session_id=name) == crowd.store.events(event_ids=[name]) == []
        assert crowd.store.events(turn_ids=[name, name]) == crowd.store.corrections(event_ids=[name]) == []


def test_a_filter_value_that_no_record_can_have_finds_nothing(store: FeedbackStore) -> None:
    store.append([a_turn(), a_rating(), a_correction()])
    for impossible in ("\0", "ann\0", "\ud800", ""):
        assert store.turns(user_id=impossible) == store.events(tenant=impossible) == []
        assert store.corrections(user_id=impossible) == store.turns(session_id=impossible) == []


@pytest.mark.parametrize("name", ["", "ann\0", "\ud800", "a" * 201])
def test_a_scope_of_an_impossible_person_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Scope(user_id=name, tenant="default")
    with pytest.raises(ValidationError):
        Scope(user_id="ann", tenant=name)


def test_what_a_scope_may_see_is_found_behind_any_number_of_nearer_ones_that_it_may_not(store: FeedbackStore) -> None:
    own = a_correction(question="When do refunds arrive?", corrected="In ten days.")
    store.append(own)
    for _ in range(5):
        hidden = [
            a_correction(user_id="ben"),
            a_correction(tenant="other"),
            rejected := a_correction(),
            shared_elsewhere := a_correction(user_id="ben", tenant="other"),
            a_correction(valid_until=datetime(2026, 1, 1, tzinfo=UTC)),
        ]
        reviews = [a_review(rejected, verdict="reject"), a_review(shared_elsewhere, tenant="other", audience="tenant")]
        store.append([*hidden, *reviews])

    def nearest(**scope: str) -> list[str]:
        found = store.similar_corrections("How long do refunds take?", scope=Scope(**scope), limit=1)
        return [candidate.known.id for candidate in found]

    assert nearest(user_id="ann", tenant="default") == [own.event_id]
    assert nearest(tenant="default") == nearest(user_id="ann") == nearest() == []
    store.append(a_review(own, audience="everyone"))
    assert nearest(tenant="default") == nearest(user_id="ann") == nearest() == [own.event_id]


def test_reads_match_every_filter_that_is_given(store: FeedbackStore) -> None:
    mine, hers = a_turn(turn_id="mine"), a_turn(turn_id="hers", user_id="ben", session_id="session-2")
    rating, correction = a_rating(turn_id="mine"), a_correction(turn_id="hers", user_id="ben", session_id="session-2")
    elsewhere = a_rating(turn_id="mine", tenant="other")
    store.append([mine, hers, rating, correction, elsewhere])

    assert store.turns(session_id="session-1") == store.turns(user_id="ann") == store.turns(turn_ids=["mine"]) == [mine]
    assert store.turns(session_id="session-1", user_id="ben") == store.turns(turn_ids=[]) == []
    assert store.events(kinds=["correction"]) == store.events(turn_ids=["hers"]) == [correction]
    assert store.events(kinds=["rating"], tenant="other") == store.events(event_ids=[elsewhere.event_id]) == [elsewhere]
    assert store.events(turn_ids=["mine"], tenant="default") == [rating]
    assert store.events(kinds=[]) == store.events(kinds=["signal", "review"]) == []
    assert store.events(kinds=["rating", "correction"], user_id="ben", session_id="session-2") == [correction]


def test_a_review_from_another_tenant_or_of_another_author_changes_nothing(store: FeedbackStore) -> None:
    correction = a_correction()
    store.append(correction)
    store.append(a_review(correction, tenant="other", audience="everyone"))
    store.append(a_review(correction, verdict="withdraw", by="author", user_id="ben"))
    store.append(a_review(correction, verdict="approve", by="author", user_id="ann", audience="everyone"))
    store.append(a_correction(user_id="ben", supersedes=correction.event_id))
    store.append(a_correction(tenant="other", supersedes=correction.event_id))
    [known] = store.corrections(event_ids=[correction.event_id])
    assert (known.state, known.audience) == ("pending", "author")
