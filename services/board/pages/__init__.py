"""The pages of the board, in each language: HTML without script, made beforehand."""
