# SPDX-License-Identifier: Apache-2.0
"""What the tests of the interfaces share: a server with an operator, tenants with tokens, a client that keeps its connection."""

import base64
import hashlib
import http.client
import json
import secrets
import sqlite3

from server_support import Answer, Server, tps


def operator_token(store, *scopes, tenant="default"):
    """A token that is in the store before the server starts: the first one, which no interface can give."""
    token = "tps_" + base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    database = sqlite3.connect(store)
    with database:
        number, = database.execute("SELECT id FROM tenants WHERE name=?", (tenant,)).fetchone()
        database.execute("INSERT INTO items(tenant, kind, name, changed, attributes, body) VALUES(?, 7, ?, 0, ?, ?)",
                         (number, "first-" + secrets.token_hex(4), json.dumps({"scopes": list(scopes)}),
                          hashlib.sha256(token.encode()).digest()))
    database.close()
    return token


class Client:
    """Asks as somebody, of a tenant, over one connection."""

    def __init__(self, server, token=None, tenant=""):
        self.server, self.token, self.tenant = server, token, "/t/" + tenant if tenant else ""
        self.connection = None

    def __call__(self, method, path, body=None, type=None, **fields):
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        if self.token:
            fields["Authorization"] = "Bearer " + self.token
        if isinstance(body, (dict, list)):
            body, type = json.dumps(body).encode(), type or "application/json"
        if type:
            fields["Content-Type"] = type
        for turn in range(2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
            try:
                self.connection.request(method, self.tenant + path, body=body, headers=fields)
                response = self.connection.getresponse()
                answer = Answer(response.status, response.headers, response.read())
            except (ConnectionError, http.client.RemoteDisconnected):
                self.close()
                if fresh:
                    raise
                continue  # the server had closed it meanwhile
            if response.will_close:
                self.close()
            return answer
        raise AssertionError("the server closes every connection")

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Provider(Server):
    """A server with an operator, who makes tenants while it runs."""

    def start(self):
        if not self.store.exists():
            tps("tenant", "create", "default", "--store", self.store)
        self.operator_token = operator_token(self.store, "read", "endorse", "policy", "trust", "keys", "admin", "appraise", "audit",
                                             "operator")
        super().start()
        self.operator = Client(self, self.operator_token)
        return self

    def tenant(self, name, **settings):
        """A new tenant; a client with all of its scopes."""
        answer = self.operator("POST", "/api/v1/tenants", {"name": name, "settings": settings, "token": "root"})
        assert answer.status == 201, answer
        return Client(self, answer.json()["token"], name)
