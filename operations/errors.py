"""How a command ends when it does not end well. The exit code is for scripts, the sentence for people."""


class CommandError(Exception):
    """A command could not do what was asked; the message says what to do. `code` is the exit code."""

    code = 1


class Refused(CommandError):
    """What was asked for is wrong, or must not be done."""

    code = 1


class Misused(CommandError):
    """The command line itself makes no sense."""

    code = 2


class NotFound(CommandError):
    """There is no such thing."""

    code = 3


class Away(CommandError):
    """The system, or the part of it that is needed, cannot be reached."""

    code = 4


class Incomplete(CommandError):
    """The role used here may not see all that was asked for; what was printed is true, and not the whole."""

    code = 5


class Misconfigured(CommandError):
    """A setting or the schema does not fit; the code is the services' own for it."""

    code = 78
