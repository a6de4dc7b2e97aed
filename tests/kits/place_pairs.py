"""Names that mean one place, and names that mean two: every service is held to the same table."""

from typing import Final

ONE: Final = (
    ("10千伏城东线", "10千伏城东线"),
    ("10千伏城东线", "10kV城东线"),
    ("10千伏城东线", "10 千伏 城东线"),
    ("10千伏城东线", "１０ＫＶ城东线"),
    ("10千伏城东线", "10㎸城东线"),
    ("10kV Dongjiang Line", "10KV  dongjiang line "),
    ("FEEDER-7", "feeder-7"),
    ("UP-1", "up-1"),
    ("UP-1", "ＵＰ－１"),
    ("UP-1", " UP-1\t"),
    ("UP-1", "UP\u20101"),  # a hyphen that is one
    ("UP-1", "UP\u22121"),  # a minus sign
    ("UP-1", "UP—1"),
    ("UP-Z1", "UP-Z1\u200b"),  # zero-width space
    ("零宽一带", "零宽一带\ufeff"),  # a byte order mark
    ("零宽一带", "\u202a零宽一带\u202c"),  # embedding, as copied from a chat
    ("零宽一带", "零宽\u00ad一带"),  # soft hyphen
    ("零宽一带", "零宽\u2060一带"),  # word joiner
    ("零宽一带", "零宽\ufe0f一带"),  # variation selector
    ("零宽一带", "零宽\u0000一带"),
    ("零宽一带", "\u001b[31m零宽一带\u001b[0m"),
    ("Feeder NB", "Feeder\u00a0NB"),
    ("Feeder NB", "Feeder\nNB"),
    ("Feeder NB", "Feeder\u2028NB"),
    ("Feeder NB", "Feeder\u3000NB"),
    ("10kV城东线（东段）", "10kV城东线(东段)"),
    ("10kV城东线（东段）", "10kV城东线【东段】"),
    ("10kV城东线（东段）", "10kV城东线〔东段〕"),
    ("10kV城东线（东段）", "10kV城东线[东段]"),
    ("10kV城东线（东段）", "10kV城东线〈东段〉"),
    ("城东—城西线", "城东——城西线"),
    ("城东—城西线", "城东-城西线"),
    ("城东—城西线", "城东－城西线"),
    ("城东~城西线", "城东～城西线"),
    ("城东~城西线", "城东〜城西线"),
    ("St Mary’s", "St Mary's"),
    ("St Mary’s", "ST MARY´S"),
    ("“城东”线", "「城东」线"),
    ("“城东”线", '"城东"线'),
    ("阿里·山线", "阿里・山线"),
    ("阿里·山线", "阿里•山线"),
    ("东、西环线", "东，西环线"),
    ("城东Ⅱ线", "城东II线"),
    ("城东Ⅱ线", "城东ii线"),
    ("城东２线", "城东2线"),
    ("城东②线", "城东2线"),
    ("Cafe\u0301 Line", "Café Line"),
    ("STRASSE", "Straße"),
    ("10kV甲线", "10kV甲线。"),
    ("10kV甲线", "10kV甲线，"),
    ("10kV甲线.", "10kV甲线。 "),
)
"""Pairs that are one place."""

TWO: Final = (
    ("城东线", "城西线"),
    ("10千伏城东线", "35千伏城东线"),
    ("10千伏城东线", "城东线"),
    ("城东Ⅱ线", "城东2线"),
    ("城东Ⅱ线", "城东Ⅲ线"),
    ("城东ⅠⅡ线", "城东Ⅲ线"),
    ("城东I II线", "城东III线"),
    ("城东2线", "城东二线"),
    ("城东一线", "城东-线"),
    ("城东①②线", "城东12线"),
    ("1②号公变", "12号公变"),
    ("Feeder 1 2", "Feeder 12"),
    ("Feeder 1", "Feeder l"),
    ("UP-1", "UP-10"),
    ("UP-1", "UP1"),
    ("1#公变", "#1公变"),
    ("城东线", "城東线"),
    ("城东线（东段）", "城东线东段"),
    ("城东线（东段）", "城东线（西段）"),
    ("10千伏", "10千瓦"),
    ("千伏线", "kV线"),  # no voltage: 千伏 stands behind no number
    ("1.5号", "15号"),
    ("1-3号", "1~3号"),
    ("Cafe Line", "Café Line"),
)
"""Pairs that are two."""
