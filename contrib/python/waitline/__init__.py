"""waitline from Python: starts the program that the package installs, and reads what it prints."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig

__all__ = ["Error", "document", "program"]


class Error(RuntimeError):
    """The program printed no document; the message is what it printed on standard error."""

    def __init__(self, exit_code, message):
        super().__init__(message)
        self.exit_code = exit_code


def program():
    """The path of the program."""
    name = "waitline" + (sysconfig.get_config_var("EXE") or "")
    package = os.path.dirname(os.path.abspath(__file__))
    folders = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user") if sys.version_info >= (3, 10) else os.name + "_user"),
        # `pip install --target`
        os.path.join(os.path.dirname(package), "bin"),
    ]
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is in none of {folders}, and not on the PATH")
    return found


def document(*arguments):
    """The JSON document that a command prints about one scenario: document("run", "shop.json", "--seed", 2).

    A command that judges (exit code 1) or is incomplete (3) prints its document as well. Raises Error if there is none.
    """
    command = [program(), *map(str, arguments), "--format", "json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    if not done.stdout:
        raise Error(done.returncode, done.stderr.strip())
    return json.loads(done.stdout)
