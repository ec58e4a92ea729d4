"""A `cloudpick serve` of its own for the benchmarks of the service: started in a temporary folder,
signed in to, filled. Only what Python brings along."""
import atexit, base64, http.client, json, os, re, shutil, socket, statistics, subprocess, sys, tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
CLOUDPICK = os.path.join(BUILD, "cloudpick")
SERVER_CORE, CLIENT_CORE = 0, os.cpu_count() - 1


def build(*targets):
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        subprocess.run(["meson", "setup", BUILD, ROOT, "--buildtype=release"], check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, "--quiet", "cloudpick", *targets], check=True,
                   stdout=subprocess.DEVNULL)


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed: bench/install")


def temporary_folder():
    folder = tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_DIR"))
    atexit.register(shutil.rmtree, folder, True)
    os.chmod(folder, 0o755)
    return folder


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stop(process):
    process.terminate()
    process.wait()


def start(command, core=None, **options):
    """A process that ends when we do; CORE: the only one it may run on."""
    if core is not None:
        command = ["taskset", "-c", str(core)] + command
    process = subprocess.Popen(command, **options)
    atexit.register(stop, process)
    return process


def wait_for_port(port):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


def cpu_seconds(pid):
    """Of PID and its children, those that were waited for included."""
    total = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = open(f"/proc/{name}/stat").read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(name) == pid:
                total += sum(int(f) for f in fields[11:15])
            elif int(fields[1]) == pid:
                total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def memory_mib(pid):
    """Resident, and the part of it that no other process shares."""
    text = open(f"/proc/{pid}/smaps_rollup").read()
    field = lambda name: sum(int(n) for n in re.findall(name + r":\s+(\d+) kB", text)) / 1024
    return field("Rss"), field("Private_Clean") + field("Private_Dirty")


def load():
    return "load %.1f on %d cores" % (os.getloadavg()[0], os.cpu_count())


def certificate(folder):
    for name, host in (("site", "localhost"), ("pictures", "*.pictures.localhost")):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + host, "-days", "2",
                        "-addext", "subjectAltName=DNS:" + host, "-keyout",
                        f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
                       check=True, stderr=subprocess.DEVNULL)


def draw_photo(path, width, height, quality, build_folder=BUILD):
    subprocess.run([build_folder + "/bench/image-bench", "make", "-", str(width), str(height),
                    str(quality), path], check=True)


def median_and_range(numbers):
    return "%.2f [%.2f-%.2f]" % (statistics.median(numbers), min(numbers), max(numbers))


class Service:
    def __init__(self, data, settings=(), arguments=(), core=None, port=None):
        self.data, self.port = data, port or free_port()
        self.origin = f"http://localhost:{self.port}"
        command = [CLOUDPICK, "serve", "--data", data]
        for setting in (f"server.listen=127.0.0.1:{self.port}",
                        f"server.public-url={self.origin}", *settings):
            command += ["--set", setting]
        began = time.monotonic()
        self.log = open(data + ".log", "a")
        self.process = start(command + list(arguments), core, stdout=subprocess.PIPE,
                             stderr=self.log, text=True)
        if not self.process.stdout.readline().startswith("Cloudpick is at"):
            sys.exit("cloudpick serve did not start: " + open(data + ".log").read())
        self.start_seconds = time.monotonic() - began

    def sign_in(self, name="Bench"):
        return Account(self, name)

    def stop(self):
        stop(self.process)


class Account:
    """One connection, signed in."""

    def __init__(self, service, name):
        self.service = service
        self.connection = http.client.HTTPConnection("localhost", service.port)
        self.cookie = ""
        person = {"name": name, "email": f"{name}@example.com", "region": "eu"}
        _, headers, _ = self.ask("POST", "/api/v1/sign-in/test", person)
        self.cookie = headers["Set-Cookie"].split(";")[0]
        self.host = self.get("/api/v1/session")["host"]

    def ask(self, method, path, body=None, headers=None):
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers = {"Content-Type": "application/json"}
        self.connection.request(method, path, body, {
            "Origin": self.service.origin, "Cookie": self.cookie, **(headers or {})})
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {data[:500]}")
        return answer.status, answer.headers, data

    def get(self, path):
        return json.loads(self.ask("GET", path)[2])

    def new_batch(self, **settings):
        return json.loads(self.ask("POST", "/api/v1/batches", settings)[2])["id"]

    def upload_headers(self, batch, name, size):
        coded = lambda text: base64.b64encode(text.encode()).decode()
        return {"Tus-Resumable": "1.0.0", "Upload-Length": str(size),
                "Upload-Metadata": f"batch {coded(batch)},name {coded(name)}"}

    def upload(self, batch, name, data):
        headers = self.upload_headers(batch, name, len(data))
        headers["Content-Type"] = "application/offset+octet-stream"
        self.ask("POST", "/api/v1/uploads", data, headers)

    def wait_until_done(self, batch, seconds=3600):
        """Every photo cleaned, the sheet read. The counts as they are then."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = self.get("/api/v1/batches/" + batch)
            counts = state["counts"]
            if not counts["waiting"] and not counts["uploading"] and \
                    (state["sheet"] or {}).get("is_read", True):
                return counts
            time.sleep(0.05)
        sys.exit(f"not done: {state}")

    def publish(self, batch):
        self.ask("POST", f"/api/v1/batches/{batch}/publish", {})
        while True:
            state = self.get("/api/v1/batches/" + batch)
            if state["state"] == "published":
                return state
            if state["publish_error"]:
                sys.exit(state["publish_error"])
            time.sleep(0.02)

    def pages(self, path):
        cursor = ""
        while cursor is not None:
            page = self.get(path + ("&" if "?" in path else "?") + "limit=500" +
                            (f"&cursor={cursor}" if cursor else ""))
            yield from page["items"]
            cursor = page["next_cursor"]


def sheet(num_skus):
    """A plain sheet."""
    return "".join(["sku;title;main_image_url\n"] +
                   [f"SKU-{i:05};Thing {i};\n" for i in range(num_skus)]).encode()


def photo_name(i):
    return f"SKU-{i:05}.jpg"
