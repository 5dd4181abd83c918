"""Does the loop improve the answers? Corrections in, questions out, in every arm, on the product's own path.

Run `python -m benchmarks learning --suite zsre counterfact … [--data DIR] [--model none|local:small|local|…]`. Without
a model the measures of retrieval and gate alone are taken. Each figure is a line of JSON; a table ends the run.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.learning import editing, edits, evidence, hops, intents, rewriting, stream, supersession, sybils
from benchmarks.learning.answers import MAX_TOKENS, chat_model
from benchmarks.learning.curves import Points, draw
from benchmarks.learning.results import Results
from benchmarks.learning.rows import Row, rows
from benchmarks.learning.setup import Setup
from benchmarks.learning.teaching import STORES
from demo.models import MiniLM

FILES: Final = {
    "zsre": "zsre_edits.jsonl",
    "counterfact": "counterfact_edits.jsonl",
    "clinc": "clinc_scope_gate.jsonl",
    "memprompt": "memprompt_stream.jsonl",
    "prelude": "prelude_latent_preferences.jsonl",
    "mquake": "mquake_hard_multihop.jsonl",
    "longmemeval": "longmemeval_evidence.jsonl",
    "poison": "poisonedrag_attacks.jsonl",
    "supersede": "zsre_edits.jsonl",
}
READERS: Final = {"zsre": edits.zsre, "counterfact": edits.counterfact}
OTHERS: Final = {
    "prelude": rewriting.run,
    "mquake": hops.run,
    "longmemeval": evidence.run,
    "poison": sybils.run,
    "supersede": supersession.run,
}


def main() -> None:
    """Run the suites that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks learning", description=__doc__)
    parser.add_argument("--suite", nargs="+", choices=FILES, default=list(FILES))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the public data")
    parser.add_argument("--model", default="none", help="as FEEDBACK_MODEL, or none: retrieval and gate alone")
    parser.add_argument("--limit", type=int, default=200, help="so many questions are answered by the model")
    parser.add_argument("--store", choices=STORES, default="lance")
    parser.add_argument("--shuffles", type=int, default=5, help="orders of a stream")
    parser.add_argument("--cache", type=Path, help="where the model's answers are kept (default: the user's cache)")
    parser.add_argument("--json", type=Path, help="a file for the lines of JSON")
    parser.add_argument("--pictures", type=Path, help="a folder for the curves, as SVG")
    options = parser.parse_args()
    results = Results(options.json)
    embeddings = MiniLM()
    for suite in options.suite:
        tokens = rewriting.MAX_TOKENS if suite == "prelude" else MAX_TOKENS
        with chat_model(options.model, options.cache, max_tokens=tokens) as model:
            setup = Setup(embeddings, options.store, model, options.limit, options.shuffles)
            curves = run(results, suite, rows(FILES[suite], options.data), setup)
        if options.pictures and curves:
            _draw(options.pictures, suite, curves)
    print(f"\n{results.table()}")


def run(results: Results, suite: str, found: Sequence[Row], setup: Setup) -> dict[str, Points]:
    """Run one suite; returns its curves, by name, where it has any."""
    if suite in READERS:
        return {"our gate": editing.run(results, suite, READERS[suite](found), setup)}
    if suite == "clinc":
        return {"our gate": intents.run(results, found, setup)}
    if suite == "memprompt":
        learned = stream.run(results, found, setup)
        return {arm: list(enumerate(curve, start=1)) for arm, curve in learned.items()}
    OTHERS[suite](results, found, setup)
    return {}


def _draw(folder: Path, suite: str, curves: dict[str, Points]) -> None:
    if suite == "memprompt":
        longest = max(len(points) for points in curves.values())
        axes = ("questions asked", "understood so far")
        draw(folder / f"{suite}.svg", "Learning from feedback on a stream", axes, curves, widest=longest)
    else:
        axes = ("wrong injections (FIR)", "right injections (CI)")
        draw(folder / f"{suite}.svg", f"The gate on {suite}, over its threshold", axes, curves, widest=0.1)


if __name__ == "__main__":
    main()
