"""Runs a command at a terminal of its own and shows what a person would have seen there.

    python3 terminal.py TEXT COMMAND...

TEXT is typed when the command has asked for something, after a colon or a bracket; empty for a command that asks nothing.
What the terminal showed goes to stdout; the exit code is the command's.
"""

import os
import pty
import sys

typed, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if typed and shown.endswith((b": ", b"] ")):
        os.write(terminal, typed.encode() + b"\n")
        typed = ""
_, status = os.waitpid(child, 0)
sys.stdout.write(shown.decode(errors="replace"))
sys.exit(os.waitstatus_to_exitcode(status))
