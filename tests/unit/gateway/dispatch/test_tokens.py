"""Tokens: what each may say, how a file is refused, and the command that makes them."""

import json
from pathlib import Path

import pytest

from services.gateway.dispatch.tokens import Token, TokenFileError, Tokens, digest_of, entry, make, parse
from tests.kits.ctl import Ctl

EAST = Token("east", digest_of("secret"), ("/dispatch/east", "/oms/*"), frozenset({"outage.started.v1"}), 20.0)


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("/dispatch/east", True),
        ("/dispatch/east/", False),
        ("/dispatch/eastern", False),
        ("/oms/a", True),
        ("/oms/a/b", True),
        ("/oms", False),
        ("/omsx", False),
        ("", False),
    ],
)
def test_a_source_is_covered_exactly_or_below_a_prefix(source: str, allowed: bool) -> None:
    assert EAST.may_name(source) is allowed


@pytest.mark.parametrize(
    "source", ["/outage", "/outage/planner", "/outage/notifier/sender", "//outage", "/OUTAGE/x", "/outage?x", "/twilio"]
)
def test_nobody_may_speak_for_our_own_services(source: str) -> None:
    assert not Token("all", digest_of("t"), ("*",), frozenset("*")).may_name(source)


def test_types_are_listed_or_a_star() -> None:
    assert EAST.may_say("outage.started.v1")
    assert not EAST.may_say("outage.reopened.v1")
    assert Token("all", "", ("*",), frozenset({"*"})).may_say("outage.reopened.v1")


@pytest.mark.parametrize("type_name", ["notice.shown.v1", "notice.unreadable.v1"])
def test_what_is_proof_is_covered_by_no_star(type_name: str) -> None:
    everything = Token("planning", digest_of("t"), ("*",), frozenset({"*"}))
    assert not everything.may_say(type_name)
    assert Token("board", digest_of("b"), ("/board",), frozenset({type_name})).may_say(type_name)
    assert Token("both", digest_of("c"), ("*",), frozenset({"*", type_name})).may_say(type_name)


def test_an_entry_reads_back_as_what_it_says() -> None:
    assert parse(entry(EAST)) == (EAST,)


GOOD = entry(EAST)
WRONG = {
    "no TOML": ("[token.east]\nsha256 = no\n", "is not TOML", "line 2"),
    "another table": ("[tokens.east]\n", "'tokens' is not known", "line 1"),
    "no table": ("token = 3\n", "token is not a table", "line 1"),
    "a name with a blank": ('\n[token."a b"]\n', "names no system", "line 2"),
    "the token itself": (GOOD.replace(EAST.digest, "outage_abc"), "sha256: expected 64 hex digits", "line 2"),
    "no hash": ('[token.x]\nsources = ["*"]\ntypes = ["*"]\n', "sha256: expected", "line 1"),
    "a star inside": (GOOD.replace("/oms/*", "/o*s"), "sources: expected", "line 3"),
    "a star that cuts a name": (GOOD.replace("/oms/*", "/oms*"), "sources: expected", "line 3"),
    "one source as text": (GOOD.replace('["/dispatch/east", "/oms/*"]', '"*"'), "sources: expected", "line 3"),
    "no source": (GOOD.replace('"/dispatch/east", "/oms/*"', ""), "sources: expected", "line 3"),
    "a type of ours": (GOOD.replace("outage.started.v1", "notice.published.v1"), "not notice.published.v1", "line 4"),
    "no rate": (GOOD.replace("20", "0"), "rate: expected events a second", "line 5"),
    "a rate that is true": (GOOD.replace("20", "true"), "rate: expected events a second", "line 5"),
    "an unknown field": (GOOD + "burst = 3\n", "burst: expected one of", "line 6"),
    "one token twice": (GOOD + GOOD.replace("token.east", "token.west"), "has the token of east", "line 7"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_with_line_and_reason(case: str) -> None:
    text, reason, line = WRONG[case]
    with pytest.raises(TokenFileError) as refused:
        parse(text)
    assert reason in str(refused.value)
    assert line in str(refused.value)
    assert "outage_abc" not in str(refused.value)


def test_a_wrong_file_leaves_the_one_in_force(tmp_path: Path) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(GOOD)
    tokens = Tokens(file)
    assert tokens.problem is None
    assert tokens.find("secret") == EAST
    file.write_text(GOOD + "burst = 3\n")
    assert not tokens.refresh()
    assert "burst" in str(tokens.problem)
    assert tokens.find("secret") == EAST
    file.write_text("")
    assert tokens.refresh()
    assert tokens.find("secret") is None


@pytest.mark.parametrize("how", ["removed", "moved away", "put into a folder of its name"])
def test_a_file_that_is_gone_takes_its_tokens_with_it_and_brings_them_back(tmp_path: Path, how: str) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(GOOD)
    tokens = Tokens(file)
    assert not tokens.gone
    file.unlink() if how == "removed" else file.rename(tmp_path / "away")
    if how.startswith("put"):
        file.mkdir()
    assert tokens.refresh(), "what is in force has changed"
    assert (tokens.gone, len(tokens), tokens.find("secret")) == (True, 0, None)
    assert tokens.problem
    if how.startswith("put"):
        file.rmdir()
    file.write_text(GOOD)
    assert tokens.refresh()
    assert (tokens.gone, tokens.problem, tokens.find("secret")) == (False, None, EAST)


def test_a_file_that_could_not_be_read_is_read_once_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mount that answers late, or rights put right: the file itself looks the same as before."""
    file = tmp_path / "tokens.toml"
    file.write_text(GOOD)
    with monkeypatch.context() as patch:

        def denied(*_: object, **__: object) -> str:
            raise PermissionError(13, "Permission denied")

        patch.setattr(Path, "read_text", denied)
        tokens = Tokens(file)
        assert tokens.problem == "Permission denied"
    assert tokens.refresh()
    assert tokens.find("secret") == EAST
    file.rename(tmp_path / "away")
    tokens.refresh()
    assert tokens.problem
    (tmp_path / "away").rename(file)
    tokens.refresh()
    assert tokens.problem is None


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(GOOD)
    tokens = Tokens(file)
    assert not tokens.refresh()


def test_a_gateway_starts_with_no_file_or_a_wrong_one_and_knows_nobody(tmp_path: Path) -> None:
    for path in (None, tmp_path / "none.toml"):
        tokens = Tokens(path)
        assert len(tokens) == 0
        assert tokens.problem
        assert tokens.find("") is None


def test_tokens_differ_and_carry_their_mark() -> None:
    made = {make() for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith("outage_") and len(token) == 50 for token in made)


def test_the_command_makes_a_token_that_its_file_knows_by_hash_only(tmp_path: Path, ctl: Ctl) -> None:
    file = tmp_path / "tokens.toml"
    made = ["token", "new", "east", "--source", "/dispatch/east", "--type", "*", "--into", str(file), "--json"]
    code, said, _ = ctl.here(*made)
    assert code == 0
    token = json.loads(said)["token"]
    assert token not in file.read_text()
    assert Tokens(file).find(token) == Token("east", digest_of(token), ("/dispatch/east",), frozenset({"*"}))
    code, said, _ = ctl.here("token", "list", "--file", str(file), "--json")
    assert (code, json.loads(said)[0]["name"]) == (0, "east")


def test_the_command_refuses_what_the_gateway_would_refuse(tmp_path: Path, ctl: Ctl) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(GOOD)
    code, _, said = ctl.here("token", "new", "west", "--source", "*", "--type", "outage.vanished.v1")
    assert (code, "not outage.vanished.v1" in said) == (2, True)
    assert ctl.here("token", "new", "east", "--source", "*", "--type", "*", "--into", str(file)).code == 2
    assert file.read_text() == GOOD
    file.write_text("[token.east]\n")
    assert ctl.here("token", "list", "--file", str(file)).code == 1
    assert ctl.here("token", "list", "--file", str(tmp_path / "none")).code == 3
