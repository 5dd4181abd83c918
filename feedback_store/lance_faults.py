"""LanceDB's failures told as ours."""

from collections.abc import Generator
from contextlib import contextmanager

from feedback_store.store import StoreError


@contextmanager
def speaking(action: str, advice: str) -> Generator[None]:
    """Turn any failure into a `StoreError`; LanceDB's own text, which can hold rows and paths, stays in its cause.

    Its core panics by an exception that is no `Exception`.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        msg = f"the store could not {action}: {advice}"
        raise StoreError(msg) from error
