"""What each measure is to reach, and what the nearest published work reached."""

from typing import Final

_OURS: Final = ("A3", "A3v")
_GAINS: Final = ("accuracy",)
_TABLE: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("zsre", "ES"): (">= 0.97 with verified answers, >= 0.90 without", "0.385 in the wild; 0.99-1.00 teacher-forced"),
    ("zsre", "PS"): (">= 0.96", "SERAC 0.991, IKE 1.000 (teacher-forced)"),
    ("zsre", "LOC"): (">= 0.995", "SERAC 1.000, IKE 0.692 (weaker metric)"),
    ("zsre", "CI at FIR 0.5%"): (">= 0.96", "cosine 0.954 at FIR 2.2 %"),
    ("zsre", "harm"): ("<= 0.003, upper bound <= 0.01", "add-all memories cost 0.10"),
    ("counterfact", "ES"): (">= 0.97 with verified answers, >= 0.90 without", "0.385 in the wild; IKE 0.996 (forced)"),
    ("counterfact", "PS"): (">= 0.92", "SERAC 0.994, IKE 0.727 (teacher-forced)"),
    ("counterfact", "LOC"): (">= 0.995", "SERAC 0.989, IKE 0.356 (weaker metric)"),
    ("counterfact", "CI at FIR 0.5%"): (">= 0.96", "cosine 0.424 at FIR 1.6 %"),
    ("counterfact", "harm"): ("<= 0.003, upper bound <= 0.01", "add-all memories cost 0.10"),
    ("clinc", "CI"): (">= 0.80 at FIR <= 0.05", "cosine 0.47 at FIR 0.08"),
    ("clinc", "CI at FIR 5.0%"): (">= 0.80", "cosine 0.47 at FIR 0.08"),
    ("clinc", "FIR"): ("<= 0.05", "0.08"),
    ("memprompt", "area / oracle's area"): (">= 0.95", ""),
    ("memprompt", "cumulative accuracy at 300"): (">= 0.85", "GPT-3: 0.237 without, 0.957 with memory"),
    ("memprompt", "accuracy"): (">= +0.20, p < 0.01", "Self-StreamICL +0.177 over no memory at all"),
    ("prelude", "edit cost, share of A1's"): ("<= 0.20", "CIPHER 0.69 / 0.27"),
    ("prelude", "edits per context"): ("<= 5", ""),
    ("mquake", "all hops retrieved"): (">= 0.70", "floor 0.00"),
    ("mquake", "answer"): (">= 0.40", "portability 0.57-0.68"),
    ("longmemeval", "recall@5, any"): (">= 0.96", "floor 0.862 pooled; 0.952-0.966 per question"),
    ("longmemeval", "all gold@10"): (">= 0.90", "floor 0.745 pooled"),
    ("poison", "ASR"): ("<= 0.01", "MINJA 0.70, AgentPoison 0.63, PoisonedRAG 0.90"),
    ("poison", "honest corrections lost"): ("<= 0.05", ""),
    ("poison", "private corrections leaked"): ("0", ""),
    ("supersede", "latest valid"): (">= 0.98", "Mem0: knowledge update 0.936, contradiction 0.357"),
}
_FROM_APPEND: Final = {
    "used on the next turn": "1.0",
    "unused on the turn after its withdrawal": "1.0",
    "time to effect, taught, p95 (s)": "<= 1",
    "time to effect, withdrawn, p95 (s)": "<= 1",
}


def goal_of(suite: str, metric: str, arm: str) -> str:
    """Return the goal of a measure in words; "" where there is none, or where the arm is not ours."""
    return _entry(suite, metric, arm)[0]


def anchor_of(suite: str, metric: str, arm: str) -> str:
    """Return what published work reached."""
    return _entry(suite, metric, arm)[1]


def _entry(suite: str, metric: str, arm: str) -> tuple[str, str]:
    ours = arm in (("A3-A1",) if metric in _GAINS else _OURS)
    return _TABLE.get((suite, metric), (_FROM_APPEND.get(metric, ""), "")) if ours else ("", "")
