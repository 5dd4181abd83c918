"""The views of corrections, one for each embedding model: made, filled, and chosen from, so that vectors never mix."""

import logging
from typing import Final

from feedback_store.embedding import Embedder
from feedback_store.lance_schema import corrections, embedding_of, space_table
from feedback_store.lance_tables import PLAIN, Tables
from feedback_store.lance_view import CorrectionView, Teachings
from feedback_store.store import IncompatibleStore

log = logging.getLogger(__name__)

OTHER_MODEL: Final = (
    "the store has vectors of {} numbers from the embedding model {!r}, and was opened with {!r} ({} numbers): "
    "open it with the model that it has, or once with reembed=True to make all vectors anew"
)


class Spaces:
    """Which views there are, and which is whose."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def models(self) -> dict[str, tuple[int, str] | None]:
        """Return by table of corrections the dimension and the model of its vectors; None where it has none."""
        return {name: embedding_of(self._tables.open(name).schema) for name in self._tables.names("corrections")}

    def active(self) -> str:
        """Return the table that is searched where no model is given."""
        names = self._tables.names("corrections")
        noted = self._tables.get("active")
        return noted if noted in names else names[0]

    def of(self, embedder: Embedder | None, *, another: bool = False) -> str | None:
        """Return the table for a model; None where there is none yet and it may be made.

        Args:
            embedder: the model; without one, or while it does not answer, words alone are searched.
            another: whether a store of another model may get one for this.

        Raises:
            IncompatibleStore: the store has vectors of another model alone.

        """
        if embedder is None:
            return self.active()
        dimension = embedder.probe()
        models = {name: model for name, model in self.models().items() if model}
        for name, (length, model) in models.items():
            if model == embedder.name and dimension in (None, length):
                embedder.dimension = length
                return name
        if models and not another:
            raise IncompatibleStore(OTHER_MODEL.format(*next(iter(models.values())), embedder.name, dimension))
        return self.active() if dimension is None else None

    def not_active(self, model: str) -> str:
        """Return the table of a model that is not searched by default; raise ValueError where it is, or is unknown."""
        active = self.active()
        others = {found[1]: table for table, found in self.models().items() if found and table != active}
        if model not in others:
            msg = f"given {model!r}, allowed are the models not searched by default: {sorted(others) or 'none'}"
            raise ValueError(msg)
        return others[model]

    def make(self, dimension: int | None, model: str) -> str:
        """Make the view for a model, with every correction in it, still without vectors."""
        name = space_table(dimension, model)
        table = self._tables.make(name, corrections(dimension, model))
        teachings = Teachings(self._tables.open("teachings"))
        CorrectionView(table).complete(teachings, teachings.every_correction())
        return name

    def activate(self, name: str) -> None:
        """Make a view the one that is searched by default. One without vectors is then of no more use."""
        self._tables.note("active", name)
        if name != PLAIN and self.models().get(PLAIN, ()) is None:
            self._tables.drop(PLAIN)
