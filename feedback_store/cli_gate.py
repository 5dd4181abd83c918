"""The command `feedback-store gate`: fit the gate's weights on a team's own judged pairs."""

from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from feedback_store.cli_store import Outcome, opened
from feedback_store.gate_model import GateModel, shipped


def arguments(sub: ArgumentParser) -> None:
    """Say what the command takes."""
    sub.add_argument("--out", metavar="FILE", required=True, help="where the weights are written, for GateModel.read")
    sub.add_argument("--pairs", metavar="FILE", help="judged pairs as JSON lines; default: what readers said")
    sub.add_argument("--base", metavar="FILE", help="the weights to begin with; default: those of the package")
    sub.add_argument(
        "--embeddings", metavar="MODULE:NAME", help="the app's embedding model; default: fit for words alone"
    )
    sub.add_argument("--embedding-name", metavar="NAME", help="its name, where the app opens the store with one")


def fit(given: Namespace) -> Outcome:
    """Fit on the judged pairs and write the weights."""
    from feedback_store.gate_pairs import judged_by_readers, read_pairs, refit  # noqa: PLC0415  # not for --help

    base = GateModel.read(Path(given.base)) if given.base else shipped()
    embeddings = _embeddings(given.embeddings)
    if embeddings is not None:
        _demand_vectors(given, embeddings)
    with opened(given, embeddings=embeddings, embedding_name=given.embedding_name) as store:
        judged = read_pairs(Path(given.pairs)) if given.pairs else judged_by_readers(store)
        fitted, counts = refit(base, store, judged)
    used = sum(counts.values())
    if used:
        Path(given.out).write_text(fitted.model_dump_json(indent=1) + "\n", encoding="utf-8")
    lines = [f"{len(judged)} judged pairs, {sum(pair.in_scope for pair in judged)} of them in scope"]
    lines += [
        f"{name}: {f'fitted on {count}' if count else 'too few, left as it was'}" for name, count in counts.items()
    ]
    lines.append(
        f"written to {given.out}" if used else "nothing was written: 10 pairs in scope and 10 not are the least"
    )
    data = {"pairs": len(judged), "fitted_on": counts, "written": given.out if used else None}
    return Outcome(data, lines, 0 if used else 1)


def _embeddings(name: str | None) -> Any:
    """Import the app's embedding model, and make it where the name is that of a class or a function."""
    if name is None:
        return None
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
        model = found if hasattr(found, "embed_query") and not isinstance(found, type) else found()
    except Exception as error:  # the app's own code may raise anything
        msg = f"--embeddings is MODULE:NAME, such as my_app.models:embeddings, given {name!r}: {error}"
        raise ValueError(msg) from error
    if not (hasattr(model, "embed_query") and hasattr(model, "embed_documents")):
        msg = f"--embeddings is an embedding model as LangChain has them, or what makes one, given {name!r}: {model!r}"
        raise ValueError(msg)
    return model


def _demand_vectors(given: Namespace, embeddings: Any) -> None:
    """Raise ValueError where the store has no vectors of the model: to look at pairs must not make it that model's."""
    from feedback_store.embedding import Embedder  # noqa: PLC0415  # not for --help

    name = Embedder(embeddings, name=given.embedding_name).name
    with opened(given) as store:
        models = sorted(filter(None, store.status().models.values()))
    if name not in models:
        msg = (
            f"the store has no vectors of the embedding model {name!r}, it has those of {models or 'none'}: give the "
            "model that the app opens it with, and --embedding-name where the app gives it a name; nothing was changed"
        )
        raise ValueError(msg)
