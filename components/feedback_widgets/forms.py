"""The forms that this process shows: each model with its fields and words, and the way from an entry to a correction.

A browser names a form by its id. A process that has not drawn it yet (it was restarted, or is another worker) does not
know the id: the browser keeps the act, and the next run of the script registers the form.
"""

import hashlib
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Final, Protocol, runtime_checkable

from pydantic import BaseModel, JsonValue, ValidationError

from feedback_store.events import Correction
from feedback_widgets.form_faults import FormFaults, in_words
from feedback_widgets.form_fields import FormField, as_json, form_fields
from feedback_widgets.form_reading import FORM, read
from feedback_widgets.labels import CorrectionFormLabels

MAX_FORMS: Final = 200
_SAYS: Final = ("corrected", "guidance", "category")
_lock: Final = threading.Lock()
_log: Final = logging.getLogger(__name__)


@runtime_checkable
class SaysCorrection(Protocol):
    """A form model that says itself what of a `Correction` it fills: `corrected`, `guidance`, `category`, `type`, …"""

    def to_correction(self) -> dict[str, str | None]:
        """Return the fields of the correction by their names."""
        ...


@dataclass(frozen=True)
class Form:
    """A model as it is asked for."""

    id: str
    """The same in every process, for the same model asked in the same words."""
    model: type[BaseModel]
    fields: tuple[FormField, ...]
    words: CorrectionFormLabels

    def correction(self, entered: JsonValue, about: Mapping[str, object]) -> Correction:
        """Return the correction that an entry makes, with the fields in `about` (whose it is, and on which turn).

        Raises:
            FormFaults: the model does not take the entry, or what it says does not fit into a correction.

        """
        form = read(self.model, self.fields, entered, self.words.faults)
        try:
            said = self._said(form)
            if not said.keys() & {"corrected", "guidance"}:
                raise FormFaults({FORM: self.words.faults.nothing})
            return Correction.model_validate({**about, **said})
        except FormFaults:
            raise
        except ValidationError as error:
            # Too much for a record, or nothing that would be right: the model itself had no fault to find.
            faults = "; ".join(in_words(fault, self.words.faults) for fault in error.errors(include_url=False))
            raise FormFaults({FORM: faults}) from error
        except Exception as error:
            # The app's own code: repeated, it would fail again, and block what waits behind this act.
            _log.exception("%s could not be made a correction", self.model.__name__)
            raise FormFaults({FORM: self.words.faults.unreadable}) from error

    def _said(self, form: BaseModel) -> dict[str, object]:
        details: dict[str, JsonValue] = form.model_dump(mode="json", by_alias=True)
        if isinstance(form, SaysCorrection):
            said: Mapping[str, object] = form.to_correction()
        else:
            said = {name: details[name] for name in _SAYS if isinstance(details.get(name), str)}
            if not said.get("corrected") and not said.get("guidance"):
                said = {**said, "guidance": "\n".join(self._lines(self.fields, details))}
        return {"details": details, **{name: value for name, value in said.items() if value}}

    def _lines(self, fields: Iterable[FormField], details: Mapping[str, JsonValue]) -> list[str]:
        """Return "label: value" for each field that is not blank."""
        values = ((each.label, self._in_words(each, details.get(each.name))) for each in fields)
        return [f"{label}: {value}" for label, value in values if value]

    def _in_words(self, asked: FormField, value: JsonValue) -> str:  # noqa: PLR0911
        match asked.kind, value:
            case _, None:
                return ""
            case _, bool():
                return self.words.yes if value else self.words.no
            case "choice" | "choices", _:
                chosen: list[JsonValue] = value if isinstance(value, list) else [value]
                return ", ".join(
                    next((each.words for each in asked.options if each.value == one), "") for one in chosen
                )
            case "list", list() if asked.item:
                return ", ".join(filter(None, (self._in_words(asked.item, each) for each in value)))
            case "pairs", dict() if asked.item:
                return ", ".join(f"{name}: {self._in_words(asked.item, each)}" for name, each in value.items())
            case "group", dict():
                return "; ".join(self._lines(asked.fields, value))
            case "variant", dict() if asked.tag:
                option = next(each for each in asked.options if each.value == value[asked.tag])
                return "; ".join([option.words, *self._lines(option.fields, value)])
            case _:
                return str(value)


_forms: Final[OrderedDict[str, Form]] = OrderedDict()


def register(model: type[BaseModel], words: CorrectionFormLabels) -> Form:
    """Return the form of a model, and know it by its id from now on.

    Raises:
        TypeError: a field of the model is of a type that a form cannot ask for.

    """
    form = _made(model, words, int(time.time() // 60))
    with _lock:
        _forms[form.id] = form
        _forms.move_to_end(form.id)
        while len(_forms) > MAX_FORMS:
            _forms.popitem(last=False)
    return form


def find(form_id: str) -> Form | None:
    """Return the form of an id, if this process has drawn it."""
    with _lock:
        return _forms.get(form_id)


@lru_cache(64)
def _made(model: type[BaseModel], words: CorrectionFormLabels, _minute: int) -> Form:
    # Computed defaults are those of this minute: all the forms of a page are one description, sent once.
    fields = form_fields(model)
    facts = [model.__module__, model.__qualname__, as_json(fields, defaults=False), asdict(words)]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return Form(digest[:16], model, fields, words)
