"""A Hugging Face hub on loopback with one model, written from what huggingface_hub asks of one.

`gpt2` redirects to `openai-community/gpt2`; .safetensors files are on a second server, as those that
Git LFS keeps are. Every request is kept, and the large files can be slow.
"""

import hashlib
import json
import pathlib
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "openai-community/gpt2"
COMMIT = "607a30d783dfa663caf39e06633721c8d4cfcd7e"


def git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def is_large(name: str) -> bool:
    return name.endswith(".safetensors")


class HubServer:
    def __init__(self, folder: pathlib.Path):
        self.files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        self.requests: list[str] = []
        self.stored: list[str] = []
        self.seconds = 0.0  # that a large file takes
        self.store = self._serve(self._stored)
        self.hub = self._serve(self._answer)
        self.endpoint = "http://127.0.0.1:%d" % self.hub.server_port

    @staticmethod
    def _serve(handle) -> ThreadingHTTPServer:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            do_GET = do_HEAD = lambda self: handle(self)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def _send(self, handler, status: int, headers: dict, content: bytes = b"", seconds: float = 0):
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command == "GET":
            step = max(1, len(content) // 20)
            for at in range(0, len(content), step):
                time.sleep(seconds / 20)
                handler.wfile.write(content[at : at + step])

    def _answer(self, handler):
        path = handler.path.split("?")[0]
        self.requests.append(handler.command + " " + path)
        moved = re.fullmatch(r"(/|/api/models/)gpt2/(.+)", path)
        if moved:
            return self._send(handler, 307, {"Location": moved[1] + NAME + "/" + moved[2]})
        if path in (f"/api/models/{NAME}/revision/main", f"/api/models/{NAME}/revision/{COMMIT}"):
            siblings = [{"rfilename": name} for name in self.files]
            answer = {"_id": "1", "id": NAME, "modelId": NAME, "sha": COMMIT, "siblings": siblings, "tags": [], "downloads": 0}
            return self._send(handler, 200, {"Content-Type": "application/json"}, json.dumps(answer).encode())
        if path.startswith(f"/api/models/{NAME}/tree/"):
            tree = [self._entry(name, content) for name, content in self.files.items()]
            return self._send(handler, 200, {"Content-Type": "application/json"}, json.dumps(tree).encode())
        found = re.fullmatch(rf"/{NAME}/resolve/(?:main|{COMMIT})/(.+)", path)
        if not found:
            return self._send(handler, 404, {"X-Error-Code": "RepoNotFound"})
        if found[1] not in self.files:
            return self._send(handler, 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        content = self.files[found[1]]
        if not is_large(found[1]):
            return self._send(handler, 200, {"X-Repo-Commit": COMMIT, "ETag": f'"{git_hash(content)}"'}, content)
        self._send(
            handler,
            302,
            {
                "X-Repo-Commit": COMMIT,
                "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": str(len(content)),
                "Location": f"http://localhost:{self.store.server_port}/{found[1]}",
            },
        )

    @staticmethod
    def _entry(name: str, content: bytes) -> dict:
        entry = {"type": "file", "path": name, "size": len(content), "oid": git_hash(content)}
        if is_large(name):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        return entry

    def _stored(self, handler):
        self.stored.append(handler.command + " " + handler.path)
        if "authorization" in handler.headers:
            raise AssertionError("the token was sent to the store")
        content = self.files[handler.path[1:]]
        self._send(handler, 200, {"ETag": '"stored"'}, content, self.seconds)
