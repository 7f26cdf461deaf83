"""The shares of a sweep on Dask workers that see one folder; a share whose worker is lost is done by another one.

    python sweep.py tcp://scheduler:8786 8 sweep shop.json --vary workers=1..64 --out big
    waitline merge big
"""

import subprocess
import sys

from dask.distributed import Client, as_completed


def share(number, of, command):
    """Does one share; what is finished already is not done again."""
    subprocess.run(["waitline", *command, "--quiet", "--jobs", "1", "--shard", f"{number}/{of}"], check=True)
    return number


def main():
    scheduler, of, *command = sys.argv[1:]
    with Client(scheduler) as client:
        shares = [client.submit(share, number, int(of), command, pure=False, retries=2) for number in range(1, int(of) + 1)]
        for done in as_completed(shares):
            print("share", done.result(), "is finished", flush=True)


if __name__ == "__main__":
    main()
