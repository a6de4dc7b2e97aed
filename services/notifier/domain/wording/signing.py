"""Put the name that is registered with a provider before a text, as carriers in China want it. Pure.

A text in Chinese begins with the utility's name in the same form and bears it once, where the two are spelled alike. A text in
another language bears both; and the brackets alone make each of its letters cost as much as a Chinese character.
"""


def signed(body: str, name: str) -> str:
    """The text as it goes out: with the registered name before it, unless it begins with that.

    >>> signed("Your site has had no power since 09:12.", "东江供电")
    '【东江供电】Your site has had no power since 09:12.'
    """
    mark = marked(name)
    return body if body.startswith(mark) else mark + body


def marked(name: str) -> str:
    """The name as texts bear it."""
    return f"【{name}】"
