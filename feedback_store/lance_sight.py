"""A view of corrections with all that is needed to search it by one embedding model: they change together."""

from collections.abc import Sequence
from dataclasses import dataclass

from feedback_store.correction_search import CorrectionSearch
from feedback_store.lance_reading import Reading, Wanted
from feedback_store.lance_vectors import Vectors
from feedback_store.lance_view import CorrectionView
from feedback_store.overlay import PendingTeachings
from feedback_store.standing import KnownCorrection, State
from feedback_store.store import Candidate, Scope


@dataclass(frozen=True)
class Sight:
    """What an open store sees of its corrections."""

    view: CorrectionView
    vectors: Vectors
    search: CorrectionSearch
    pending: PendingTeachings
    reading: Reading

    def corrections(
        self, event_ids: Sequence[str] | None, states: Sequence[State] | None, of: Wanted, limit: int | None
    ) -> list[KnownCorrection]:
        """Return corrections. See `FeedbackStore.corrections`."""
        return self.reading.corrections(
            self.view, self.pending.overlay, event_ids=event_ids, states=states, of=of, limit=limit
        )

    def similar(self, question: str, scope: Scope, limit: int) -> list[Candidate]:
        """Return candidates. See `FeedbackStore.similar_corrections`."""
        return self.search.similar(self.view, self.pending.overlay, question, scope, limit)
