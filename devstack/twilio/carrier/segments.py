"""Count the segments a text takes on the air (GSM 03.38 and UCS-2, as Twilio bills and paces them)."""

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
GSM_ONE, GSM_MANY = 160, 153
UCS2_ONE, UCS2_MANY = 70, 67


def count(text: str) -> int:
    """Segments of `text`; at least one."""
    if set(text) <= GSM_BASIC | GSM_EXTENDED:
        units = len(text) + sum(letter in GSM_EXTENDED for letter in text)
        one, many = GSM_ONE, GSM_MANY
    else:
        units = len(text.encode("utf-16-be", "surrogatepass")) // 2
        one, many = UCS2_ONE, UCS2_MANY
    return 1 if units <= one else -(-units // many)
