"""The default correction form in German: `feedback_bar(turn, labels=GERMAN, model=GermanCorrection, ...)`."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints


class GermanCorrection(BaseModel):
    """What the form asks, as `DefaultCorrection` does, in German."""

    wrong: list[
        Literal["Falsche Angabe", "Veraltet", "Unvollständig", "An der Frage vorbei", "Unklar", "Bedenklich"]
    ] = Field(default=[], title="Was ist falsch?")
    right: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)] = Field(
        title="Was wäre richtig?", description="In eigenen Worten. Gilt, wenn eine ähnliche Frage gestellt wird."
    )
    always: bool = Field(
        default=False,
        title="Für alle Antworten an mich",
        description="Ein Wunsch zu Stil oder Wortwahl, bei jeder Frage.",
    )
    source: str = Field(
        default="", max_length=200, title="Woher weißt du das?", description="Ein Link, ein Dokument, eine Person."
    )

    def to_correction(self) -> dict[str, str | None]:
        """Return what the form says, as `DefaultCorrection.to_correction` does."""
        wrong = self.wrong[0] if self.wrong else None
        return {"guidance": self.right, "category": wrong, "type": "style" if self.always else None}
