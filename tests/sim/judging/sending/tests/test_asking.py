"""A text that asks where no answer comes in is told of; one that asks where it does, or does not ask, is not."""

from tests.sim.judging.sending.asking import SentWords, asked_in_vain

GATEWAY, TWILIO = "sms-gateway", "twilio"


def test_a_text_asks_only_where_answers_come_in() -> None:
    asks = SentWords("m-1", GATEWAY, "【x】停电,编号K7F3Q。收到请回复1。")
    assert [*asked_in_vain([asks], {GATEWAY})] == []
    in_vain = [asks._replace(provider=TWILIO), asks._replace(provider=TWILIO, body="No power. If read, reply 1.")]
    assert len([*asked_in_vain(in_vain, {GATEWAY})]) == 2
    assert [*asked_in_vain([asks._replace(provider=TWILIO, body="【x】停电。")], {GATEWAY})] == []
