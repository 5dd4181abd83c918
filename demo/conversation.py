"""A chat as its turns tell it: which question was asked when, and which answer it goes on from. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from feedback_store import KnownCorrection, Turn, in_force

HISTORY_TURNS = 3
"""How many earlier exchanges the model is shown: more costs a small model time and attention."""
TITLE_LENGTH = 28


@dataclass(frozen=True)
class Exchange:
    """One question with all its answers, in the order in which they were asked for."""

    answers: tuple[Turn, ...]

    @property
    def root(self) -> Turn:
        """The first answer; the others were regenerated from it."""
        return self.answers[0]

    def chosen(self, choice: Mapping[str, str]) -> Turn:
        """Return the answer that `choice` (root turn id to turn id) names, the newest where it names none."""
        wanted = choice.get(self.root.turn_id)
        return next((turn for turn in self.answers if turn.turn_id == wanted), self.answers[-1])


@dataclass(frozen=True)
class Chat:
    """One session in a list of sessions."""

    session_id: str
    title: str


def exchanges(turns: Sequence[Turn]) -> list[Exchange]:
    """Group the turns of one session by the question that they answer, in order of asking."""
    known = {turn.turn_id for turn in turns}
    groups: dict[str, list[Turn]] = {}
    for turn in turns:
        root = turn.parent_turn_id if turn.parent_turn_id in known else turn.turn_id
        groups.setdefault(root or turn.turn_id, []).append(turn)
    return [Exchange(tuple(answers)) for answers in groups.values()]


def history(
    before: Sequence[Exchange],
    choice: Mapping[str, str],
    amended: Mapping[str, str] | None = None,
    gone: Collection[str] = (),
) -> list[tuple[str, str]]:
    """Return the last exchanges as (question, answer), leaving out those without any answer.

    The answer is the one displayed, or what `amended` (turn id to text) has in its place: a model that reads its own
    wrong answer again repeats it, whatever a correction says. For the same reason an answer that used a correction
    which is `gone` (correction ids) is left out.
    """
    chosen = [exchange.chosen(choice) for exchange in before]
    spoken = [turn for turn in chosen if not set(turn.correction_ids) & set(gone)]
    said = amended or {}
    pairs = [(turn.prompt, said.get(turn.turn_id) or shown(turn)) for turn in spoken if shown(turn)]
    return pairs[-HISTORY_TURNS:]


def amendments(corrections: Sequence[KnownCorrection], user_id: str) -> dict[str, str]:
    """Return what a person's own corrections in force say in place of which answers, by turn id; the newest counts."""
    return {
        known.correction.turn_id: known.correction.corrected or known.correction.guidance
        for known in corrections
        if known.correction.turn_id and in_force(known, user_id=user_id, tenant=known.correction.tenant)
    }


def shown(turn: Turn) -> str:
    """Return the answer as the reader saw it."""
    return turn.response if turn.displayed is None else turn.displayed


def chats(turns: Sequence[Turn]) -> list[Chat]:
    """List the sessions of these turns, the one with the newest turn first, titled by their first question."""
    titles: dict[str, str] = {}
    order: dict[str, int] = {}
    for place, turn in enumerate(turns):
        titles.setdefault(turn.session_id, _title(turn.prompt))
        order[turn.session_id] = place
    newest_first = sorted(order, key=lambda session: -order[session])
    return [Chat(session_id, titles[session_id]) for session_id in newest_first]


def _title(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 1].rstrip()}…"
