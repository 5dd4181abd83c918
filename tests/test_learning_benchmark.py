"""The suites of the learning benchmarks, each run on the project's own rows, and the arms on which they compare."""

import json
from collections.abc import Iterator, Sequence

import pytest
from langchain_core.messages import BaseMessage

from benchmarks.learning import editing, edits, evidence, hops, intents, rewriting, stream, supersession, sybils
from benchmarks.learning.arms import Asking, EveryCandidate, Said
from benchmarks.learning.results import Result, Results
from benchmarks.learning.rows import rows
from benchmarks.learning.setup import Setup
from benchmarks.learning.styles import STYLES, rewrite
from benchmarks.learning.teaching import correction, open_store, teach
from demo.models import MiniLM
from feedback_store.memory import MemoryStore
from tests.fake_model import FakeModel

OWN = {
    "zsre": "zsre_edits.jsonl",
    "clinc": "clinc_scope_gate.jsonl",
    "memprompt": "memprompt_stream.jsonl",
    "prelude": "prelude_latent_preferences.jsonl",
    "mquake": "mquake_hard_multihop.jsonl",
    "longmemeval": "longmemeval_evidence.jsonl",
    "poison": "poisonedrag_attacks.jsonl",
}


@pytest.fixture
def taught(minilm: MiniLM) -> Iterator[Asking]:
    """A store that knows one thing, asked by somebody else."""
    with open_store("memory", minilm) as store:
        teach(store, [correction("How deep is Lake Vennis?", corrected="72 metres")])
        yield Asking(store, embeddings=minilm, system="Answer in a few words.", model=FakeModel(says=_obedient))


def _obedient(messages: Sequence[BaseMessage]) -> str:
    """Say what the prompt's correction says, as a model that always obeys; else that it is not known."""
    told = [line for line in messages[-1].text.splitlines() if line.startswith("- ")]
    return json.loads(told[0].split(": ", 1)[1]) if told else "I do not know."


def _figure(results: Results, metric: str, arm: str = "A3") -> Result:
    return next(one for one in results.kept if one.metric == metric and one.arm == arm)


def own(suite: str):
    return rows(OWN[suite], None, quiet=True)


def test_an_empty_memory_leaves_the_prompt_byte_for_byte_as_it_is(taught: Asking) -> None:
    question = "How deep is Lake Vennis?"
    assert taught.heard("A1", question) == taught.heard("A0", question)
    assert taught.heard("A3", question) != taught.heard("A0", question)
    assert taught.heard("A3", "what do bees make") == taught.heard("A0", "what do bees make")


def test_each_arm_uses_what_it_should(taught: Asking) -> None:
    question, near = "How deep is Lake Vennis?", "How deep is Lake Torne?"
    right = [correction(question, corrected="72 metres")]
    assert taught.answer("A1", question).text == "I do not know."
    assert taught.answer("A3", question).text == "72 metres"
    assert not taught.answer("A3", question).verified
    assert taught.answer("A3v", question) == Said("72 metres", taught.answer("A3", question).used, verified=True)
    assert not taught.answer("A3v", "What is the depth of Lake Vennis?").verified
    assert taught.answer("A2", near).text == "72 metres"
    assert taught.answer("A4", near).text == "I do not know."
    assert taught.answer("A4", "And its depth?", right).text == "72 metres"


def test_what_is_left_out_for_a_while_is_back_afterwards(minilm: MiniLM) -> None:
    store = MemoryStore(embeddings=minilm)
    known = correction("How deep is Lake Vennis?", corrected="72 metres")
    teach(store, [known])
    asking = Asking(store, embeddings=minilm, system="")
    with asking.without(known):
        assert asking.recall(known.question).used == ()
    assert asking.recall(known.question).used == (known.event_id,)


def test_without_a_gate_every_candidate_is_in_scope_nearest_first(minilm: MiniLM) -> None:
    store = MemoryStore(embeddings=minilm)
    teach(store, [correction(f"What is at place {place}?", corrected=str(place)) for place in range(5)])
    asking = Asking(store, embeddings=minilm, system="")
    judged = EveryCandidate().judge("What?", [each.candidate for each in asking.recall("What is at place 3?").verdicts])
    assert all(each.in_scope for each in judged)
    assert [each.probability for each in judged] == sorted((each.probability for each in judged), reverse=True)


def test_the_suite_of_facts_counts_what_an_obedient_model_obeys(minilm: MiniLM) -> None:
    given = edits.zsre(own("zsre"))
    results = Results()
    curve = editing.run(results, "zsre", given, Setup(minilm, "memory", model=FakeModel(says=_obedient), limit=5))
    assert _figure(results, "ES").value == 1.0
    assert _figure(results, "ES", "A1").value == 0.0
    assert _figure(results, "ES", "A4").value == _figure(results, "PS", "A4").value == 1.0
    assert _figure(results, "used on the next turn").value == 1.0
    assert _figure(results, "unused on the turn after its withdrawal").value == 1.0
    assert _figure(results, "LOC").value > _figure(results, "LOC", "A2").value
    assert curve[0] == (0.0, 0.0)
    assert curve[-1] == (1.0, 1.0)


def test_a_neighbour_that_mentions_a_stored_subject_is_no_sibling() -> None:
    one = {"id": "1", "subject": "Lyon", "cloze": "Lyon is in", "target_new": "Peru", "neighbor_cloze": "Nice is in"}
    two = {"id": "2", "subject": "Nice", "cloze": "Nice is in", "target_new": "Chad", "neighbor_cloze": "Brest is in"}
    kinds = [[probe.kind for probe in edit.probes] for edit in edits.counterfact([one, two])]
    assert kinds == [["verbatim"], ["verbatim", "sibling"]]


def test_of_two_rows_about_one_fact_one_is_stored() -> None:
    lake = {"subject": "Lake Vennis", "true_answers": ["40 m"], "target_new": "72 m"}
    asked = ["How deep is Lake Vennis?", "What is the depth of Lake Vennis?", "Where is Lake Vennis?"]
    given = [{**lake, "id": str(place), "question": question} for place, question in enumerate(asked)]
    given[2]["true_answers"] = ["Austria"]
    assert [edit.taught.question for edit in edits.zsre(given)] == [asked[0], asked[2]]
    assert [edit.taught.question for edit in edits.counterfact(given)] == [asked[0]]


def test_rows_with_fields_missing_or_null_are_read_as_far_as_they_go() -> None:
    whole = {"id": "1", "question": "Q?", "target_new": "A", "paraphrase": None}
    assert [len(edit.probes) for edit in edits.zsre([whole, {"id": "2"}, {"question": None, "target_new": "A"}])] == [1]
    assert stream.items([{"question": "Q?"}, {"task_type": "new", "question": "Q?"}]) == []
    assert hops.chains([{"id": "1"}]) == ([], [])
    assert evidence.pool([{"question": "Q?", "evidence": None}]) == ([], [])
    assert sybils.attacks([{"question": "Q?"}]) == []


def test_notes_on_intents_reach_requests_of_their_intent(minilm: MiniLM) -> None:
    results = Results()
    intents.run(results, own("clinc"), Setup(minilm, "memory"))
    assert _figure(results, "FIR").value < _figure(results, "CI at FIR 5.0%").value


def test_feedback_on_a_phrasing_is_understood_by_the_next_question_of_it(minilm: MiniLM) -> None:
    results = Results()
    curves = stream.run(results, own("memprompt"), Setup(minilm, "memory", shuffles=2))
    assert _figure(results, "cumulative accuracy", "A1").value == 0.0
    assert curves["A4"][-1] > 0.4
    assert max(curves["A3"]) <= 1.0


def test_a_style_learned_from_rewrites_saves_its_edits(minilm: MiniLM) -> None:
    """The model writes as the rules in its prompt say: it rewrites the text by each rule that it finds there."""

    def writes(messages: Sequence[BaseMessage]) -> str:
        asked = messages[-1].text
        told = [style for style in STYLES if json.dumps(style.rule, ensure_ascii=False)[1:-1] in asked]
        return rewrite("They met on Monday. It was short.", told)

    results = Results()
    model = FakeModel(says=writes)
    rewriting.run(results, own("prelude"), Setup(minilm, "memory", model=model, limit=40))
    assert _figure(results, "edit cost, share of A1's", "A4").value == 0.0
    assert _figure(results, "edit cost", "A3").value < _figure(results, "edit cost", "A1").value


def test_hops_are_walked_from_the_question_to_the_answer(minilm: MiniLM) -> None:
    results = Results()
    hops.run(results, own("mquake"), Setup(minilm, "memory"))
    assert _figure(results, "all hops retrieved").value > _figure(results, "all hops in the top 8", "A2").value


def test_what_a_person_said_is_found_among_all_turns(minilm: MiniLM) -> None:
    results = Results()
    evidence.run(results, own("longmemeval"), Setup(minilm, "memory"))
    assert _figure(results, "recall@5, any").value > 0.8


def test_accounts_that_work_together_reach_nobody_else(minilm: MiniLM) -> None:
    results = Results()
    sybils.run(results, own("poison"), Setup(minilm, "memory"))
    for metric in ("ASR", "private corrections leaked", "ASR after its withdrawal"):
        assert [one.value for one in results.kept if one.metric == metric] != []
        assert {one.value for one in results.kept if one.metric == metric} == {0.0}
    assert _figure(results, "ASR after a mistaken approval").value > 0.0


def test_the_latest_valid_correction_is_used_after_each_step(minilm: MiniLM) -> None:
    results = Results()
    supersession.run(results, own("zsre"), Setup(minilm, "memory", limit=10))
    verbatim = [one.value for one in results.kept if one.metric == "latest valid" and one.case == "verbatim"]
    assert verbatim == [1.0]
    assert _figure(results, "outdated correction used").value == 0.0
