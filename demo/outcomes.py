"""Learns from what became of answers, behind the page's back: a correction that does harm is taken out."""

import logging
from concurrent.futures import ThreadPoolExecutor

from demo.people import TENANT
from feedback_store import FeedbackStore, StoreError, Turn
from feedback_store.credit_keeper import CreditKeeper
from feedback_store.events import AnyRecord, Feedback

_log = logging.getLogger(__name__)


class Outcomes:
    """Judges corrections in one thread of its own, since that reads the store, after each act of feedback."""

    def __init__(self, store: FeedbackStore) -> None:
        self._keeper = CreditKeeper(store, tenant=TENANT)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outcomes")

    def heard(self, record: AnyRecord) -> None:
        """Judge what the answer used that this act is about; returns at once."""
        if not isinstance(record, Turn):
            self._thread.submit(self._judge, record)

    def close(self) -> None:
        """Finish what is under way."""
        self._thread.shutdown()

    def _judge(self, event: Feedback) -> None:
        try:
            for review in self._keeper.heard(event):
                _log.info("correction %s was taken out: %s", review.about, review.note)
        except StoreError:
            _log.exception("corrections could not be judged; the next act judges them too")
