"""A session of the etcd3gw client with a server: every call that the client has."""
import sys
import threading

import etcd3gw
from etcd3gw.lock import Lock


def expect(what, wanted, given):
    if wanted != given:
        raise AssertionError("%s: wanted %r, got %r" % (what, wanted, given))


def keys(client):
    expect("get of nothing", [], client.get("foo"))
    expect("put", True, client.put("foo", "bar"))
    expect("get", [b"bar"], client.get("foo"))
    expect("replace", True, client.replace("foo", "bar", "bar2"))
    expect("replace of another value", False, client.replace("foo", "bar", "bar3"))
    expect("get after replace", [b"bar2"], client.get("foo"))
    expect("create of what is there", False, client.create("foo", "bar"))
    expect("create", True, client.create("new", "1"))
    for i in range(5):
        client.put("/doot/%d" % i, "value%d" % i)
    found = client.get_prefix("/doot/")
    expect("get_prefix", [b"value%d" % i for i in range(5)], [value for value, _ in found])
    found = client.get_prefix("/doot/", sort_order="descend", sort_target="key")
    expect("sorted", b"value4", found[0][0])
    value, metadata = client.get("foo", metadata=True)[0]
    expect("metadata", b"foo", metadata["key"])
    expect("version", "2", metadata["version"])
    expect("delete", True, client.delete("foo"))
    expect("delete again", False, client.delete("foo"))
    expect("delete_prefix", True, client.delete_prefix("/doot/"))
    expect("gone", [], client.get_prefix("/doot/"))


def transactions(client):
    from etcd3gw.utils import _encode

    create = {
        "compare": [{"key": _encode("txn"), "result": "EQUAL", "target": "CREATE",
                     "create_revision": 0}],
        "success": [{"request_put": {"key": _encode("txn"), "value": _encode("1")}}],
        "failure": [],
    }
    expect("transaction", True, client.transaction(create).get("succeeded", False))
    expect("transaction again", False, client.transaction(create).get("succeeded", False))


def leases(client):
    lease = client.lease(ttl=60)
    client.put("leased", "x", lease=lease)
    expect("keys of a lease", [b"leased"], lease.keys())
    expect("ttl", True, 0 < lease.ttl() <= 60)
    expect("refresh", 60, lease.refresh())
    expect("revoke", True, lease.revoke())
    expect("leased key is gone", [], client.get("leased"))
    expect("refresh of nothing", -1, lease.refresh())


def locks(client):
    first = Lock("resource", ttl=60, client=client)
    second = Lock("resource", ttl=60, client=client)
    expect("acquire", True, first.acquire())
    expect("acquired", True, first.is_acquired())
    expect("acquire what is taken", False, second.acquire())
    expect("refresh", 60, first.refresh())
    expect("release", True, first.release())
    expect("acquire what is free", True, second.acquire())
    second.release()


def watches(client):
    events, cancel = client.watch("watched")
    client.put("watched", "1")
    event = next(events)
    expect("watch", "watched", event["kv"]["key"].decode())
    expect("watch value", b"1", event["kv"]["value"])
    cancel()
    # It does not say when it watches: only a key that is written again and again is sure to be seen.
    seen = threading.Event()

    def write():
        while not seen.wait(0.2):
            client.put("/prefix/a", "2")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        event = client.watch_prefix_once("/prefix/", timeout=20)
    finally:
        seen.set()
        writer.join()
    expect("watch_prefix_once", b"2", event["kv"]["value"])


def cluster(client):
    status = client.status()
    expect("version", True, all(part.isdigit() for part in status["version"].split(".")))
    members = list(client.members())
    expect("members", True, len(members) >= 1 and len(members[0]["clientURLs"]) > 0)


def main():
    client = etcd3gw.Etcd3Client(host=sys.argv[1], port=int(sys.argv[2]), api_path="/v3/")
    for part in (keys, transactions, leases, locks, watches, cluster):
        part(client)
        print("%s: ok" % part.__name__, flush=True)


main()
