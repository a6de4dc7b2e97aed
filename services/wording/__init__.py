"""What is said to people, whoever says it: the texts, the hotline, a board. Pure.

`speakers`: instants and places in words, by language. `hotline`: what can be read out to somebody who calls.
"""
