"""`python -m waitline`: the program with the same arguments."""

import os
import subprocess
import sys

from . import program


def main():
    command = [program(), *sys.argv[1:]]
    if os.name == "nt":
        # There, a process that replaces itself looks finished to its caller.
        sys.exit(subprocess.run(command).returncode)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
