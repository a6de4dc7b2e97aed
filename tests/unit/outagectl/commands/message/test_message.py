"""`outagectl message`: the check of the texts for scripts and people, and a text as a handset shows it."""

import json
import shutil
from pathlib import Path

import pytest

from operations.errors import CommandError
from outagectl.commands.message.command import app
from services.notifier.domain.wording.templates import HERE


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code, err = 0, ""
    try:
        code = app(list(arguments), standalone_mode=False) or 0
    except CommandError as error:
        code, err = error.code, str(error)
    return code, capsys.readouterr().out, err


def test_texts_that_keep_the_rules_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "lint")
    assert code == 0
    assert "keep all 19 rules" in out


def test_a_spoilt_text_ends_with_1_and_says_where_and_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(HERE, tmp_path, dirs_exist_ok=True)
    page = tmp_path / "en.toml"
    page.write_text(page.read_text(encoding="utf-8").replace("We are sorry. ", "", 1), encoding="utf-8")
    code, out, _ = run(capsys, "lint", "--templates", str(tmp_path))
    assert code == 1
    assert f"{page}:" in out
    assert "planned-notice: it does not apologise (no-apology)" in out
    assert "to do: say that we are sorry" in out
    code, out, _ = run(capsys, "lint", "--templates", str(tmp_path), "--json")
    assert code == 1
    assert json.loads(out)["findings"][0]["rule"] == "no-apology"


def test_a_text_is_shown_as_a_handset_does_with_letters_segments_and_price(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(capsys, "preview", "fault", "--worst-case")
    assert code == 0
    assert "zh-CN/fault version" in out
    assert "UCS-2" in out
    assert "4 segments" in out, "at the worst: life support, and a time of which nobody is sure"
    assert "not known (OUTAGE_SMS_SEGMENT_PRICE)" in out
    monkeypatch.setenv("OUTAGE_SMS_SEGMENT_PRICE", "0.045 CNY")
    code, out, _ = run(capsys, "preview", "fault", "--worst-case", "--language", "en", "--json")
    texts = json.loads(out)["texts"]
    assert {(one["segments"], one["price"]) for one in texts} >= {(3, "0.135 CNY"), (4, "0.180 CNY")}
    assert all(one["segments"] <= one["atMost"] for one in texts)


def test_what_a_text_costs_with_the_name_that_the_gateway_puts_before_it_is_said_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = run(capsys, "preview", "restored", "--worst-case", "--language", "en", "--signed", "东江供电公司")
    assert "signed    by the gateway with 【东江供电公司】 before it: UCS-2" in out
    monkeypatch.setenv("OUTAGE_SMS_GATEWAY_SIGNATURE", "东江供电公司")
    _, out, _ = run(capsys, "preview", "restored", "--worst-case", "--language", "en", "--json")
    for text in json.loads(out)["texts"]:
        assert text["byGateway"]["encoding"] == "ucs-2"
        assert text["byGateway"]["segments"] > text["segments"] or text["encoding"] == "ucs-2"
    _, out, _ = run(capsys, "preview", "restored", "--worst-case")
    assert "by the gateway" not in out, "a Chinese text bears that name already"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing", "--worst-case"), "name one of planned-notice"),
        (("fault", "--worst-case", "--language", "fr"), "name one of en, zh-CN"),
        (("fault",), "--customer ID or --worst-case"),
        (("fault", "--worst-case", "--customer", "DJ-1"), "one of the two"),
    ],
)
def test_what_is_typed_wrong_is_said_with_what_there_is(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    code, _, err = run(capsys, "preview", *arguments)
    assert code == 2
    assert says in err


def test_a_wrong_price_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_SMS_SEGMENT_PRICE", "cheap")
    code, _, err = run(capsys, "preview", "fault", "--worst-case")
    assert code == 78
    assert "OUTAGE_SMS_SEGMENT_PRICE" in err


def test_what_asks_for_an_answer_is_shown_with_what_the_text_costs_then(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "preview", "fault", "--worst-case", "--language", "zh-CN")
    assert code == 0
    assert "“收到请回复1。” ends it" in " ".join(out.split())
    _, out, _ = run(capsys, "preview", "fault", "--worst-case", "--json")
    assert all(one["asks"] and one["segmentsAsking"] <= one["atMost"] + 1 for one in json.loads(out)["texts"])
    _, out, _ = run(capsys, "preview", "restored", "--worst-case")
    assert "ends it" not in out
