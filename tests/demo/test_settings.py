"""The settings of the demo: defaults, what may be chosen, and clear words for what may not."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from demo.settings import Settings, SettingsError


def test_without_variables_everything_is_embedded_and_lies_beside_the_app() -> None:
    settings = Settings.from_env({"HOME": "/home/ada", "PATH": "/bin"})
    assert (settings.model, settings.model_kind, settings.embeddings) == ("local", "local", "minilm")
    assert (settings.store, settings.data) == ("data/feedback", Path("data"))
    assert (settings.knowledge.name, settings.knowledge.parent.name) == ("knowledge", "demo")
    assert settings.cache == Path.home() / ".cache" / "feedback-widgets"


def test_the_cache_follows_the_xdg_variable_where_that_is_an_absolute_path() -> None:
    assert Settings.from_env({"XDG_CACHE_HOME": "/var/c"}).cache == Path("/var/c/feedback-widgets")
    assert Settings.from_env({"XDG_CACHE_HOME": "c"}).cache == Path.home() / ".cache" / "feedback-widgets"
    assert Settings.from_env({"FEEDBACK_CACHE": "/own", "XDG_CACHE_HOME": "/var/c"}).cache == Path("/own")


def test_the_store_lies_in_the_data_folder_unless_it_is_named() -> None:
    assert Settings.from_env({"FEEDBACK_DATA": "/srv/app"}).store == "/srv/app/feedback"
    both = {"FEEDBACK_DATA": "/srv/app", "FEEDBACK_STORE": "s3://bucket/feedback"}
    assert Settings.from_env(both).store == "s3://bucket/feedback"


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("local", "local"),
        ("local:small", "local"),
        ("local:/models/own.gguf", "local"),
        ("openai:gpt-5", "provider"),
        ("ollama:llama3.2:1b", "provider"),
        ("http://127.0.0.1:8000/v1", "url"),
        ("https://models.example/v1", "url"),
    ],
)
def test_a_model_is_named_in_one_of_three_ways(model: str, kind: str) -> None:
    assert Settings.from_env({"FEEDBACK_MODEL": model}).model_kind == kind


def test_everybody_reviews_unless_the_reviewers_are_named() -> None:
    assert Settings.from_env({}).is_reviewer("ada")
    named = Settings.from_env({"FEEDBACK_REVIEWERS": "ada, grace ,"})
    assert [named.is_reviewer(person) for person in ("ada", "grace", "eve", None)] == [True, True, False, False]


def test_an_empty_variable_is_not_set() -> None:
    assert Settings.from_env({"FEEDBACK_MODEL": " ", "FEEDBACK_STORE": ""}) == Settings.from_env({})


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValidationError):
        Settings.from_env({}).model = "other"  # pyright: ignore[reportAttributeAccessIssue]


def test_the_key_is_read_and_is_never_printed() -> None:
    settings = Settings.from_env({"OPENAI_API_KEY": "sk-geheim"})
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "sk-geheim"
    assert "geheim" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("environ", "given", "advice"),
    [
        ({"FEEDBACK_MODLE": "local"}, "FEEDBACK_MODLE", "Did you mean FEEDBACK_MODEL?"),
        ({"FEEDBACK_XYZZY": "1"}, "FEEDBACK_XYZZY", "Rename it or remove it"),
        ({"FEEDBACK_MODEL": "gpt-5"}, "'gpt-5'", "provider:name"),
        ({"FEEDBACK_MODEL": "local:"}, "'local:'", "local:/path/to/file.gguf"),
        ({"FEEDBACK_MODEL": "openai:"}, "'openai:'", "openai:gpt-5"),
        ({"FEEDBACK_MODEL": "ftp://host/v1"}, "ftp://host/v1", "http or https"),
        ({"FEEDBACK_MODEL": "http:///v1"}, "http:///v1", "http or https"),
        ({"FEEDBACK_MODEL": "http://host:99999/v1"}, "http://host:99999/v1", "Port out of range"),
        ({"FEEDBACK_MODEL": "http://169.254.169.254/v1"}, "169.254.169.254", "link-local"),
        ({"FEEDBACK_MODEL_NAME": "mine"}, "'mine'", "beside a base URL"),
        ({"FEEDBACK_BASE_URL": "http://host/v1"}, "'http://host/v1'", "beside provider:name"),
        ({"FEEDBACK_MODEL": "openai:x", "FEEDBACK_BASE_URL": "host"}, "'host'", "http or https"),
        ({"FEEDBACK_EMBEDDINGS": "big"}, "'big'", "minilm, none"),
        ({"FEEDBACK_REVIEWERS": ", ,"}, "FEEDBACK_REVIEWERS", "* for everybody"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_was_given_and_what_to_do(
    environ: dict[str, str], given: str, advice: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(environ)
    assert given in str(refused.value)
    assert advice in str(refused.value)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="OPENAI_API_KEY") as refused:
        Settings.from_env({"FEEDBACK_MODEL": "https://ada:geheim@host/v1"})
    assert "geheim" not in str(refused.value)
