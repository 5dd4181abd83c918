"""What the README shows is run: its example app on the real local model, and its commands exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.models.local_server import LocalServer
from demo.models.weights import QWEN_0_5B, joined
from demo.settings import Settings
from feedback_store.lancedb import LanceStore
from tests.records import a_turn

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
FILES = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", README, flags=re.DOTALL))

VISIT = """
from backend import store
from feedback_widgets.acts import RewriteAct, to_event
from streamlit.testing.v1 import AppTest

page = AppTest.from_file("chat.py", default_timeout=300).run()
page.chat_input[0].set_value("What is the wifi password of the office?").run()
assert not page.exception, page.exception
assert page.get("bidi_component"), "no feedback component under the answer"
turn = page.session_state["turns"][-1]
act = RewriteAct(id="a1", text="The wifi password is quince-7.")
store.append(to_event(act, turn))
page.chat_input[0].set_value("Tell me the wifi password of the office, please.").run()
assert not page.exception, page.exception
[correction] = store.corrections(user_id="ada")
print(correction.id == store.turns()[-1].correction_ids[0], page.session_state["turns"][-1].response)
"""


@pytest.mark.model
def test_the_example_app_learns_a_correction(tmp_path: Path) -> None:
    assert set(FILES) == {"backend.py", "chat.py", "app.py", "keep.py"}
    for name, code in FILES.items():
        (tmp_path / name).write_text(code)
    (tmp_path / "visit.py").write_text(VISIT)
    cache = Settings.from_env({"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "")}).cache
    model = LocalServer(lambda progress: joined(QWEN_0_5B, cache, progress))
    try:
        endpoint = model.endpoint()
        keys = {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": endpoint.api_key}
        done = subprocess.run(
            [sys.executable, "visit.py"],
            cwd=tmp_path,
            env=os.environ | keys,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        model.close()
    assert done.returncode == 0, done.stderr
    used, _, said = done.stdout.strip().splitlines()[-1].partition(" ")
    assert used == "True"
    assert "quince-7" in said


def test_the_example_of_keeping_runs_on_a_store_that_is_in_use(tmp_path: Path) -> None:
    store = LanceStore(tmp_path / "data" / "feedback")
    store.append([a_turn(user_id="ada"), a_turn(user_id="ben")])
    done = subprocess.run(
        [sys.executable, "-c", FILES["keep.py"]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0 True\n"
    assert [turn.user_id for turn in store.turns()] == ["ben"]
    store.close()
    copy = LanceStore(tmp_path / "data" / "backup")
    assert [turn.user_id for turn in copy.turns()] == ["ben"]
    copy.close()


def test_three_lines_are_marked_as_the_ones_to_add() -> None:
    assert sum(code.count("# +") for code in FILES.values()) == 3


@pytest.mark.parametrize("command", re.findall(r"`?(scripts/\w+|\.ci/run)`?", README))
def test_the_commands_exist_and_can_be_run(command: str) -> None:
    assert os.access(ROOT / command, os.X_OK)


def test_the_table_of_settings_names_exactly_the_settings_that_there_are() -> None:
    told = set(re.findall(r"^\| `FEEDBACK_(\w+)`", README, flags=re.MULTILINE))
    assert told == {name.upper() for name in Settings.model_fields} - {"API_KEY"}


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", README) or ["README.md"])
def test_links_within_the_repository_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
