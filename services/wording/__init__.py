"""Instants and places in words, what the hotline reads out, and which words a notice has. Pure.

`speakers`: instants and places in words, by language. `hotline`: what can be read out to somebody who calls.
`notice_digest`: the digest by which everybody names the exact words of a notice.
"""
