"""How well a reworded question is told from a new one: precision and recall of `turn_signals.is_rewording`.

The own pairs set a question beside rewordings and beside siblings that were written to be mistaken for them. Public
pairs are used where `--data DIR` has them (see `scope_data`): a query is set beside the first stored question of its
group, or, where nothing is in scope for it, beside the stored question with most words in common (of those about
something else: none); zsRE's paraphrases stand against another record's question.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scope_data import Asked, ScopeSet, scope_sets
from demo.models import MiniLM
from feedback_store.pair_features import topic_words
from feedback_store.turn_signals import is_rewording

Pair = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    models: dict[str, MiniLM | None] = {"words": None, "minilm": MiniLM()}
    for scope in scope_sets(given.data):
        if scope.name == "counterfact":
            continue  # its paraphrases are unfinished sentences, no questions
        same, other = pairs(scope)
        for name, model in models.items():
            hits = sum(is_rewording(*pair, embeddings=model) for pair in same)
            false = sum(is_rewording(*pair, embeddings=model) for pair in other)
            report = {"bench": "rephrase", "case": f"{scope.name}, {name}", "n": len(same) + len(other)}
            print(json.dumps(report | {"metric": "recall", "value": round(hits / len(same), 3)}))
            if hits + false:
                print(json.dumps(report | {"metric": "precision", "value": round(hits / (hits + false), 3)}))
            print(json.dumps(report | {"metric": "false positives", "value": round(false / len(other), 3)}))


def pairs(scope: ScopeSet) -> tuple[list[Pair], list[Pair]]:
    """Return (earlier, later) questions: those reworded, and those about something else."""
    first = {stored.key: stored.question for stored in reversed(scope.stored)}
    same = [(first[asked.key], asked.text) for asked in scope.asked if asked.kind == "in scope"]
    return same, list(_others(scope, first))


def _others(scope: ScopeSet, first: dict[str, str]) -> Iterator[Pair]:
    chance = random.Random(1)
    for asked in scope.asked:
        if asked.kind == "in scope" and scope.name == "zsre":
            yield first[asked.key], first[chance.choice([key for key in first if key != asked.key])]
        elif asked.kind == "sibling":
            yield first.get(asked.key) or _likest(scope, asked), asked.text
        elif asked.kind == "unrelated" and scope.name != "zsre":
            yield chance.choice(list(first.values())), asked.text


def _likest(scope: ScopeSet, asked: Asked) -> str:
    words = topic_words(asked.text)
    return max((stored.question for stored in scope.stored), key=lambda question: len(topic_words(question) & words))


if __name__ == "__main__":
    main()
