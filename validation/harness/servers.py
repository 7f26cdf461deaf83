"""What serves: how each product is started, on which cores, and how it is ended.

A product is one or more parts (PHP-FPM has nginx in front of it), each a process group of its own. What a part needs beyond its
arguments (a configuration, compiled code) is written into a folder that is removed with it.
"""

import ctypes
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

APPS = Path(__file__).resolve().parent / "apps"
TOMCAT = Path("/usr/share/tomcat10")
# Debian's Go packages, without modules.
GO_PATH = "/usr/share/gocode"

# Which programs a product needs beyond Python's packages.
NEEDS = {
    "node": ["node"],
    "puma": ["puma"],
    "go": ["go"],
    "tomcat": ["java", "javac"],
    "php_fpm": ["php-fpm", "nginx"],
}

# Sent before a case until two rounds in a row take the same CPU time, where a compiler works while the server runs.
WARM_UPS = {
    "tomcat": {
        "seed": 1,
        "arrivals": {"type": "poisson", "rate_per_s": 100, "duration_s": 20},
        "classes": {"web": {"weight": 1, "phases": [["compute", 3, 0.5], ["db", 10, 0.5]]}},
    }
}


def kind_of(application):
    return next(iter(application))


def program(name):
    """The path of a program; PHP-FPM has its version in its name, and lies where only root looks."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if name == "php-fpm" and not found:
        found = next((str(path) for path in sorted(Path("/usr/sbin").glob("php-fpm*"), reverse=True)), None)
    return found


def missing(application):
    """What has to be installed first."""
    needed = [name for name in NEEDS.get(kind_of(application), []) if not program(name)]
    if kind_of(application) == "tomcat" and not TOMCAT.exists():
        needed.append("tomcat10")
    return needed


def text_of(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    return (result.stdout or result.stderr).strip()


@functools.cache
def versions(kind):
    """Which versions are measured."""
    package = lambda name: text_of("dpkg-query", "--show", "--showformat", "${Package} ${Version}", name)
    if kind == "puma":
        return f"{text_of('puma', '--version')}; {text_of('ruby', '--version')}; {package('ruby-pg')}"
    if kind == "go":
        return f"{text_of('go', 'version')}; {package('golang-github-lib-pq-dev')}"
    if kind == "tomcat":
        return f"{package('tomcat10')}; {text_of('java', '-version').splitlines()[1]}"
    if kind == "php_fpm":
        return f"{text_of(program('php-fpm'), '-v').splitlines()[0]}; {text_of(program('nginx'), '-v')}"
    if kind == "node":
        return f"node {text_of('node', '--version')}"
    packages = text_of(sys.executable, "-m", "pip", "freeze").split()
    return f"{sys.version.split()[0]} " + " ".join(packages)


# --- The parts of each product ------------------------------------------------------------------------------------


class Part:
    """A process with its children. Those that are not on the cores of the server are on those of the client."""

    def __init__(self, name, command, on_server_cores=True, **environment):
        self.name = name
        self.command = [str(word) for word in command]
        self.on_server_cores = on_server_cores
        self.environment = environment


def gunicorn(options, port, run, cores):
    threads = ["--threads", options["threads"]] if "threads" in options else []
    sort = options.get("worker_class", "gthread" if threads else "sync")
    server = ["gunicorn", "-w", options.get("workers", 1), "-k", sort, "-b", f"127.0.0.1:{port}", "--worker-tmp-dir", "/dev/shm"]
    server += ["--log-level", "warning", "--backlog", 2048, *threads, "wsgi_app:app"]
    return [Part("gunicorn", [sys.executable, "-m", *server])]


def uvicorn(app, options, port, run, cores):
    server = ["uvicorn", app, "--host", "127.0.0.1", "--port", port, "--no-access-log", "--log-level", "warning"]
    server += ["--loop", options.get("loop", "asyncio"), "--http", options.get("http", "httptools")]
    return [Part("uvicorn", [sys.executable, "-m", *server, "--workers", options.get("workers", 1)])]


def waitress(options, port, run, cores):
    threads = options.get("threads", 4)
    return [Part("waitress", [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", f"--threads={threads}", "wsgi_app:app"])]


def node(options, port, run, cores):
    return [Part("node", ["node", "node_app.js", port])]


def puma(options, port, run, cores):
    workers, threads = options.get("workers", 1), options.get("threads", 5)
    # One worker is Puma's single mode, without a process that only watches.
    server = ["puma", "-q", "-e", "production", "-b", f"tcp://127.0.0.1:{port}", "-t", f"{threads}:{threads}"]
    server += ["-w", workers if workers > 1 else 0, "-C", "-"]
    return [Part("puma", [*server, "config.ru"])]


def go(options, port, run, cores):
    binary = run / "go_app"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": GO_PATH, "GOFLAGS": "", "GOCACHE": str(run.parent.parent / ".go-cache")}
    subprocess.run(["go", "build", "-o", binary, "./main.go"], cwd=APPS / "go", env=environment, check=True)
    return [Part("go", [binary, port], GOMAXPROCS=str(cores))]


def tomcat(options, port, run, cores):
    classes = run / "webapps/ROOT/WEB-INF/classes"
    classes.mkdir(parents=True)
    (run / "conf").mkdir()
    (run / "temp").mkdir()
    jar = TOMCAT / "lib/servlet-api.jar"
    subprocess.run(["javac", "-cp", jar, "-d", classes, APPS / "tomcat/Work.java"], check=True)
    shutil.copy(APPS / "tomcat/web.xml", classes.parent)
    shutil.copy(APPS / "tomcat/server.xml", run / "conf")
    properties = {
        "port": port,
        "threads": options.get("threads", 200),
        "catalina.home": TOMCAT,
        "catalina.base": run,
        "java.io.tmpdir": run / "temp",
    }
    given = [f"-D{name}={value}" for name, value in properties.items()]
    path = f"{TOMCAT}/bin/bootstrap.jar:{TOMCAT}/bin/tomcat-juli.jar"
    return [Part("tomcat", ["java", "-Xmx512m", *given, "-cp", path, "org.apache.catalina.startup.Bootstrap", "start"])]


def php_fpm(options, port, run, cores):
    children = options.get("max_children", 5)
    spare = {"pm.start_servers": 2, "pm.min_spare_servers": 1, "pm.max_spare_servers": min(3, children)}
    manager = options.get("pm", "dynamic")
    settings = {
        "run": run,
        "apps": APPS,
        "port": port,
        "user": "www-data" if os.getuid() == 0 else os.getuid(),
        "backlog": options.get("listen_backlog", 511),
        "pm": manager,
        "max_children": children,
        "log_level": "debug" if manager == "dynamic" else "notice",
        "spare": "\n".join(f"{key} = {value}" for key, value in spare.items()) if manager == "dynamic" else "",
    }
    shutil.copy(APPS / "php/index.php", run)
    for name in ("php-fpm.conf", "nginx.conf"):
        text = (APPS / "php" / name).read_text()
        for key, value in settings.items():
            text = text.replace("{" + key + "}", str(value))
        (run / name).write_text(text)
    as_root = ["-R"] if os.getuid() == 0 else []
    fpm = [program("php-fpm"), "-F", "-y", run / "php-fpm.conf", *as_root]
    proxy = [program("nginx"), "-p", run, "-e", run / "nginx.log", "-c", run / "nginx.conf"]
    return [Part("php", fpm), Part("nginx", proxy, on_server_cores=options.get("nginx", False))]


# With the log level "debug", PHP-FPM writes when it counts its idle children.
PHP_COUNT = re.compile(r"^\[(.+?)(\.\d+)\] DEBUG: .*fpm_pctl_perform_idle_server_maintenance\(\)")


def php_counts(log):
    """When PHP-FPM counted its idle children, in seconds since 1970."""
    found = filter(None, map(PHP_COUNT.match, log.splitlines()))
    return [time.mktime(time.strptime(one[1], "%d-%b-%Y %H:%M:%S")) + float(one[2]) for one in found]


STARTERS = {
    "gunicorn": gunicorn,
    "uvicorn": functools.partial(uvicorn, "asgi_app:app"),
    "fastapi_threadpool": functools.partial(uvicorn, "fastapi_app:app"),
    "waitress": waitress,
    "node": node,
    "puma": puma,
    "go": go,
    "tomcat": tomcat,
    "php_fpm": php_fpm,
}


# --- Starting and ending ------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            connection.settimeout(2)
            return connection.recv(15).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def confine(cores):
    """This process runs on these cores, and ends when its parent does, for whatever reason."""
    os.sched_setaffinity(0, cores)
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class Server:
    """A server on its own cores, ended with all its processes."""

    def __init__(self, case, out):
        self.case = case
        self.out = out
        self.processes = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        case = self.case
        self.out.mkdir(parents=True, exist_ok=True)
        self.run = Path(tempfile.mkdtemp(prefix=".run-", dir=self.out)).resolve()
        # PHP and nginx run as other users.
        self.run.chmod(0o755)
        self.port = free_port()
        everything = sorted(os.sched_getaffinity(0))
        mine, others = everything[: case["cores"]], everything[case["cores"] :] or everything
        kind = kind_of(case["application"])
        self.parts = STARTERS[kind](case["application"][kind], self.port, self.run, len(mine))
        environment = {**os.environ, "PYTHONPATH": str(APPS), "PYTHONDONTWRITEBYTECODE": "1"}
        pool = case.get("db_pool")
        if pool:
            environment["POOL_SIZE"] = str(pool["size"])
            if "semaphore" not in pool["database"]:
                environment["DATABASE_URL"] = case["database_url"]
        for part in self.parts:
            cores = set(mine if part.on_server_cores else others)
            with open(self.run / f"{part.name}.out", "w") as output:
                process = subprocess.Popen(
                    part.command,
                    cwd=APPS,
                    env={**environment, **part.environment},
                    start_new_session=True,
                    preexec_fn=functools.partial(confine, cores),
                    stdout=output,
                    stderr=output,
                )
            self.processes.append(process)
        until = time.monotonic() + 40
        while not answers(self.port):
            if any(process.poll() is not None for process in self.processes) or time.monotonic() > until:
                output = "".join((self.run / f"{part.name}.out").read_text() for part in self.parts)
                sys.exit(f"{output}{case['name']}: the server does not answer: {self.command()}")
            time.sleep(0.1)
        time.sleep(0.5)

    def command(self):
        """As it can be read: without the paths of this run."""
        written = " & ".join(" ".join(part.command) for part in self.parts)
        settings = "".join(f"{name}={value} " for part in self.parts for name, value in part.environment.items())
        return settings + written.replace(str(self.run), "RUN").replace(sys.executable, "python")

    def cpu_seconds(self):
        """CPU time of each part so far, with all its processes, also those that have ended."""
        ticks = {process.pid: 0 for process in self.processes}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) in ticks:
                ticks[int(fields[3])] += sum(map(int, fields[11:15]))
        second = os.sysconf("SC_CLK_TCK")
        return {part.name: ticks[process.pid] / second for part, process in zip(self.parts, self.processes)}

    def first_count_ms(self, start):
        """How long after `start`, in seconds since 1970, PHP-FPM first counted its idle children; `None` if it did not."""
        log = self.run / "php.log"
        counts = [count - start for count in php_counts(log.read_text()) if count >= start] if log.exists() else []
        return round(min(counts) * 1000, 1) if counts else None

    def __exit__(self, *_):
        for process in reversed(self.processes):
            for end in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, end)
                except ProcessLookupError:
                    break
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    continue
            process.wait()
        if hasattr(self, "run"):
            shutil.rmtree(self.run, ignore_errors=True)
