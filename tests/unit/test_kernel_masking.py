"""Nothing that looks like somebody's number stays; nothing else is touched."""

import pytest

from services.kernel.masking import mask
from services.kernel.quarantine import redact


@pytest.mark.parametrize(
    "number",
    [
        "+447700900123",
        "+44 7700 900123",
        "+44.7700.900123",
        "0044 7700 900123",
        "07700 900123",
        "13800138000",
        "138-0013-8000",
        "138 0013 8000",
        "010-12345678",
        "(202) 555-0142",
        "+1 (202) 555-0142",
    ],
)
@pytest.mark.parametrize("around", ["{}", "call {} now", '{{"to":"{}"}}', "tel:{}", "id/{}"])
def test_a_number_is_taken_out_wherever_it_stands(number: str, around: str) -> None:
    assert number not in mask(around.format(number))
    clean, found = redact(around.format(number).encode())
    assert found
    assert number.encode() not in (clean or b"")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05T09:12:00+08:00",
        "0225-12-01T00:00:00Z",
        "/dispatch/east/88102",
        "bchydro-2222761/started/20230501T082642",
        "6fa459ea-ee8a-3ca4-894e-db77e160355e",
        "outage.dispatch[3] at offset 1234567",
        '{"nominalVoltage":10.5,"customersAffected":1380}',
        "95598",
    ],
)
def test_instants_ids_and_figures_keep_their_digits(text: str) -> None:
    assert mask(text) == text
    assert redact(text.encode()) == (text.encode(), False)
