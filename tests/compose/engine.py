"""A container engine of the tests' own, and stand-ins for the images that come from a registry.

The engine has its own directory and socket. Where it ends, its bridge, the rules of the firewall and the setting for forwarding are as they
were before. The images are made of Debian's packages and of the toolchain of this machine.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "python"))

import prometheus  # noqa: E402

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
FIREWALLS = ["iptables", "ip6tables"]
# docker-compose.yml uses forms that older releases do not know.
OLDEST_COMPOSE = (2, 24)
# The release of Debian whose plugins are unpacked, where the installed one has none.
PLUGINS = ["docker-compose", "docker-buildx"]
PLUGIN_RELEASE = "trixie"
PACKAGES = ["gcc", "libc6-dev", "postgresql", "ca-certificates"]


class Unavailable(Exception):
    """No engine can be had here."""


def bridges():
    """The engine's bridges: the first, and one of each network."""
    return {device.name for device in Path("/sys/class/net").iterdir() if device.name == "docker0" or device.name.startswith("br-")}


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options).stdout


def run(*command, **options):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, **options)


class Engine:
    """Runs while the context is open. `tools` is a directory that outlives it."""

    def __init__(self, scratch, tools):
        self.scratch = scratch
        self.tools = tools
        self.plugins = tools / "compose"
        self.process = None
        self.environment = {
            **{name: value for name, value in os.environ.items() if not re.match("DOCKER_|COMPOSE_|UPROF_|POSTGRES_|PG", name)},
            "DOCKER_HOST": f"unix://{scratch}/socket",
            "DOCKER_CONFIG": str(scratch / "config"),
            "DOCKER_BUILDKIT": "1",
        }

    def __enter__(self):
        if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("apt-get"):
            raise Unavailable("it needs root on a Debian")
        installed = subprocess.run(["sh", "-c", ". bin/setup.sh; install_missing engine"], cwd=ROOT, stdin=subprocess.DEVNULL)
        if installed.returncode != 0:
            raise Unavailable("the packages could not be installed")
        if Path("/var/run/docker.sock").exists() and subprocess.run(
            ["docker", "--host", "unix:///var/run/docker.sock", "info"], capture_output=True, stdin=subprocess.DEVNULL
        ).returncode == 0:
            raise Unavailable("another engine runs on this machine, whose networks and rules are not the tests' to change")
        self.find_plugins()
        self.forwarding = FORWARDING.read_text()
        self.rules = {firewall: output(f"{firewall}-save") for firewall in FIREWALLS if shutil.which(f"{firewall}-save")}
        self.bridges = bridges()
        self.start()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        # The engine leaves its own, and those of networks whose containers it stopped itself.
        for bridge in bridges() - self.bridges:
            subprocess.run(["ip", "link", "delete", bridge], stdin=subprocess.DEVNULL, capture_output=True)
        for firewall, rules in self.rules.items():
            # A restore leaves alone the tables that it does not name: each that exists now is emptied first.
            for table in re.split(r"^\*", output(f"{firewall}-save"), flags=re.MULTILINE)[1:]:
                name = table.split()[0]
                for chain in re.findall(r"^:(\w+) (?:ACCEPT|DROP)", table, re.MULTILINE):
                    run(firewall, "--table", name, "--policy", chain, "ACCEPT")
                run(firewall, "--table", name, "--flush")
                run(firewall, "--table", name, "--delete-chain")
            subprocess.run([f"{firewall}-restore"], input=rules, text=True, check=True)
        FORWARDING.write_text(self.forwarding)

    def find_plugins(self):
        """Links plugins into the client's directory, those of this machine if they are new enough."""
        directory = Path(self.environment["DOCKER_CONFIG"], "cli-plugins")
        directory.mkdir(parents=True)
        if self.compose_version() >= OLDEST_COMPOSE and self.docker("buildx", "version").returncode == 0:
            return
        for name in PLUGINS:
            unpacked = self.plugins / name
            if not unpacked.exists():
                self.unpack(name, unpacked)
            found = [path for path in unpacked.rglob(name) if path.is_file() and os.access(path, os.X_OK)]
            (directory / name).symlink_to(found[0])
        if self.compose_version() < OLDEST_COMPOSE:
            raise Unavailable("docker compose does not run")

    def compose_version(self):
        found = re.search(r"(\d+)\.(\d+)", self.docker("compose", "version", "--short").stdout)
        return tuple(int(number) for number in found.groups()) if found else (0, 0)

    def unpack(self, package, directory):
        """Unpacks a package of another release of Debian, from where this machine gets its packages; nothing is installed."""
        apt = self.scratch / "apt"
        (apt / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        sources = output("apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Component: main", "Origin: Debian")
        (apt / "sources.list").write_text(f"deb {sources.splitlines()[0]} {PLUGIN_RELEASE} main\n")
        options = []
        for name, value in {"SourceList": "sources.list", "SourceParts": "none"}.items():
            options += ["-o", f"Dir::Etc::{name}={apt}/{value}"]
        options += ["-o", f"Dir::State::Lists={apt}/lists", "-o", f"Dir::Cache={apt}/cache", "-o", "APT::Sandbox::User=root"]
        try:
            if not any((apt / "lists").glob("*Packages*")):
                run("apt-get", "-qq", *options, "update")
            run("apt-get", "-qq", *options, "download", package, cwd=apt)
        except subprocess.CalledProcessError as error:
            raise Unavailable(f"{package} cannot be downloaded") from error
        [archive] = apt.glob(f"{package}_*.deb")
        directory.parent.mkdir(parents=True, exist_ok=True)
        run("dpkg-deb", "--extract", archive, directory)

    def start(self):
        log = open(self.scratch / "engine.log", "w")
        directories = [f"--data-root={self.scratch}/data", f"--exec-root={self.scratch}/exec", f"--pidfile={self.scratch}/pid"]
        command = ["dockerd", f"--host={self.environment['DOCKER_HOST']}", *directories]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while self.docker("info").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self.scratch / "engine.log").read_text().strip().splitlines()
                if self.process.poll() is None:
                    self.__exit__()
                raise Unavailable(f"the engine does not start: {said[-1] if said else 'it says nothing'}")
            time.sleep(0.2)

    def docker(self, *command, **options):
        """What a command of the client answers, whether or not it succeeds."""
        return subprocess.run(
            ["docker", *command], env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options
        )

    def images(self):
        """Makes the images that the Dockerfile and docker-compose.yml name."""
        root = self.scratch / "root.tar"
        run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", debian_release(), root)
        run("docker", "import", root, "stand-in:debian", env=self.environment, stdout=subprocess.DEVNULL)
        root.unlink()
        self.make_postgres(named_in("docker-compose.yml", r"image: (postgres:\S+)"))
        self.make_rust(named_in("Dockerfile", r"FROM (rust:\S+)"))
        self.make_prometheus(named_in("docker-compose.yml", r"image: (prom/prometheus:\S+)"))

    def make_postgres(self, name):
        context = self.scratch / "postgres"
        context.mkdir()
        shutil.copy(HERE / "postgres-entrypoint", context)
        (context / "Dockerfile").write_text(
            "FROM stand-in:debian\n"
            "COPY postgres-entrypoint /usr/local/bin/\n"
            "RUN ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/\n"
            "VOLUME /var/lib/postgresql/data\n"
            "STOPSIGNAL SIGINT\n"
            'ENTRYPOINT ["postgres-entrypoint"]\n'
            'CMD ["postgres"]\n'
        )
        self.build(name, context)

    def make_prometheus(self, name):
        """Debian's Prometheus where the image has its own, with the image's user and directories."""
        programs = prometheus.programs(self.tools / "prometheus")
        if programs is None:
            raise Unavailable("Debian's Prometheus cannot be had")
        context = self.scratch / "prometheus"
        context.mkdir()
        for program in ["prometheus", "promtool"]:
            shutil.copy(programs / program, context)
        (context / "Dockerfile").write_text(
            "FROM stand-in:debian\n"
            "COPY prometheus promtool /bin/\n"
            "RUN mkdir /prometheus && chown 65534:65534 /prometheus\n"
            "USER 65534\n"
            "WORKDIR /prometheus\n"
            'ENTRYPOINT ["/bin/prometheus"]\n'
        )
        self.build(name, context)

    def make_rust(self, name):
        """The toolchain of this machine, with the crates that the build needs, and settings that make it quick instead of small."""
        context = self.scratch / "rust"
        toolchain = Path(output("rustc", "--print", "sysroot", cwd=ROOT).strip())
        for part in ["bin", "lib"]:
            shutil.copytree(toolchain / part, context / "toolchain" / part, symlinks=True)
        self.install_auditable(context / "cargo")
        run("cargo", "fetch", "--quiet", "--locked", cwd=ROOT)
        registry = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"), "registry")
        for part in ["index", "cache"]:
            shutil.copytree(registry / part, context / "cargo" / "registry" / part)
        profile = {"OPT_LEVEL": "0", "LTO": "off", "CODEGEN_UNITS": "16", "STRIP": "symbols"}
        settings = "".join(f"ENV CARGO_PROFILE_RELEASE_{name}={value}\n" for name, value in profile.items())
        (context / "Dockerfile").write_text(
            "FROM stand-in:debian\n"
            "COPY toolchain /usr/local/\n"
            "COPY cargo /usr/local/cargo/\n"
            "ENV CARGO_HOME=/usr/local/cargo CARGO_NET_OFFLINE=true PATH=/usr/local/cargo/bin:$PATH\n" + settings
        )
        self.build(name, context)
        shutil.rmtree(context)

    def install_auditable(self, cargo_home):
        """What the Dockerfile installs, as the build has no network: cargo then finds that it is there."""
        version = named_in("Dockerfile", r"--version (\S+) cargo-auditable")
        run("bash", "-c", f". .ci/tools.sh && install_tool cargo-auditable {version}", cwd=ROOT)
        (cargo_home / "bin").mkdir(parents=True)
        shutil.copy(self.tools / "bin" / "cargo-auditable", cargo_home / "bin")
        for name in [".crates.toml", ".crates2.json"]:
            shutil.copy(self.tools / name, cargo_home)

    def build(self, name, context):
        run("docker", "build", "--quiet", "--tag", name, context, env=self.environment, stdout=subprocess.DEVNULL)


def debian_release():
    found = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    return found.group(1)


def named_in(file, pattern):
    return re.search(pattern, (ROOT / file).read_text()).group(1)
