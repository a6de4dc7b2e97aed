"""Handle Ctrl-C and SIGINT alike, however a command was started."""

import signal
import threading


def heed() -> None:
    """Let SIGINT interrupt this process whatever it inherited.

    What a shell starts in the background inherits SIGINT ignored, and Python then leaves it so: a command that must end
    what it started would not hear that it is to end. Only the main thread may set it; elsewhere nothing happens.
    """
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
