"""Instants and places in words, and what the hotline reads out. Pure.

`speakers`: instants and places in words, by language. `hotline`: what can be read out to somebody who calls.
"""
