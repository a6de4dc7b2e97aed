"""What a front says before it has ever had a snapshot: whom to call. Made of the utility's file alone."""

from __future__ import annotations

from html import escape
from typing import Final

from services.board.utility import Utility

_PAGE: Final = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{zh} · {en}</title><link rel="icon" href="data:,"></head>
<body><header><p>感谢您进入{zh}停电信息网页</p></header>
<main><h1>停电信息暂时无法显示</h1>
<p>请拨 <strong>{hotline}</strong> 供电服务热线(24小时)查询停电信息或报修。停电期间请始终视线路为带电。</p>
<section lang="en"><h2>Outage information cannot be shown at the moment</h2>
<p>Please call <strong>{hotline}</strong>, the customer line of {en} (24 hours), about outages or to report one.
Treat all lines as live while the power is off.</p></section></main></body></html>
"""


def unavailable(utility: Utility) -> str:
    """The page, in both languages."""
    names = (utility.named("zh-CN"), utility.named("en"))
    zh, en = (escape(name) for name in names)
    return _PAGE.format(zh=zh, en=en, hotline=escape(utility.hotline))
