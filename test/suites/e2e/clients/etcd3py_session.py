"""A session of etcd3-py with a server: what it knows it has from etcd's swagger files."""
import sys
import threading

from etcd3 import Client
from etcd3.errors import Etcd3Exception
from etcd3.models import RangeRequestSortOrder, RangeRequestSortTarget, authpbPermissionType


def expect(what, wanted, given):
    if wanted != given:
        raise AssertionError("%s: wanted %r, got %r" % (what, wanted, given))


def refused(what, text, call):
    try:
        call()
    except Etcd3Exception as error:
        expect(what, True, text in str(error))
        return
    raise AssertionError("%s: not refused" % what)


def keys(client):
    client.delete_range(all=True)
    client.put("py/a", "1")
    expect("prev_kv", b"1", client.put("py/a", "2", prev_kv=True).prev_kv.value)
    client.put("py/b", "3")
    found = client.range("py/", prefix=True, sort_order=RangeRequestSortOrder.DESCEND,
                         sort_target=RangeRequestSortTarget.KEY).kvs
    expect("sorted", [b"py/b", b"py/a"], [kv.key for kv in found])
    expect("count", 2, client.range("py/", prefix=True, count_only=True).count)
    expect("one", 1, len(client.range("py/", prefix=True, limit=1).kvs))
    old = client.range("py/a").header.revision
    expect("deleted", 2, client.delete_range("py/", prefix=True).deleted)
    expect("at a revision", b"2", client.range("py/a", revision=old).kvs[0].value)
    client.compact(old)
    refused("compacted", "required revision has been compacted",
            lambda: client.range("py/a", revision=old - 1))


def transactions(client):
    txn = client.Txn()
    txn.compare(txn.key("py/t").create == 0)
    txn.success(txn.put("py/t", "x"))
    txn.failure(txn.range("py/t"))
    expect("first", True, txn.commit().succeeded)
    again = txn.commit()
    expect("again", b"x", again.responses[0].response_range.kvs[0].value)
    txn = client.Txn()
    txn.compare(txn.key("py/t").value == "x")
    txn.compare(txn.key("py/t").version < 5)
    txn.success(txn.delete("py/t"))
    expect("by value", True, txn.commit().succeeded)


def leases(client):
    lease = client.Lease(ttl=60)
    lease.grant()
    client.put("py/leased", "x", lease=lease.ID)
    expect("time to live", True, 0 < lease.ttl() <= 60)
    expect("keepalive", 60, lease.keepalive_once().TTL)
    expect("keys", b"py/leased", lease.time_to_live(keys=True).keys[0])
    lease.revoke()
    expect("gone with its lease", 0, client.range("py/leased", count_only=True).count or 0)
    with client.Lock("resource", lock_ttl=30) as lock:
        expect("locked", True, lock.is_acquired)


def watches(client):
    watcher = client.Watcher("py/w/", prefix=True, prev_kv=True)
    seen = []
    done = threading.Event()

    def saw(event):
        seen.append((event.type.value if hasattr(event.type, "value") else event.type, event.key))
        if len(seen) == 2:
            done.set()

    watcher.onEvent(saw)
    start = client.put("py/before", "x").header.revision
    watcher.start_revision = start
    watcher.runDaemon()
    client.put("py/w/1", "a")
    client.delete_range("py/w/1")
    expect("events in time", True, done.wait(20))
    watcher.stop()
    expect("events", [("PUT", b"py/w/1"), ("DELETE", b"py/w/1")], seen)


def servers(client):
    # Not `version`: it does not expect what etcd 3.6 says there of its storage.
    expect("health", True, "true" in client.health())
    expect("members", True, len(client.member_list().members) >= 1)
    expect("status", True, client.status().dbSize >= 0)
    expect("hash", True, client.hash().hash != 0)
    expect("alarms", None, client.alarm_get(0, "NONE").alarms)
    client.defragment()


def users(client, host, port):
    client.user_add("root", "pw-of-root")
    client.role_add("root")
    client.user_grant_role("root", "root")
    client.user_add("reader", "pw")
    client.role_add("readers")
    client.role_grant_permission("readers", key="py/", prefix=True,
                                 permType=authpbPermissionType.READ)
    client.user_grant_role("reader", "readers")
    client.put("py/a", "1")
    client.auth_enable()
    try:
        reader = Client(host, port, username="reader", password="pw")
        reader.auth()
        expect("may read", b"1", reader.range("py/a").kvs[0].value)
        refused("may not write", "permission denied", lambda: reader.put("py/a", "2"))
        refused("nobody", "user name is empty", lambda: client.range("py/a"))
    finally:
        root = Client(host, port, username="root", password="pw-of-root")
        root.auth()
        root.auth_disable()
    for name in ("root", "reader"):
        root.user_delete(name)
    for name in ("root", "readers"):
        root.role_delete(name)


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    client = Client(host, port)
    for part in (keys, transactions, leases, watches, servers):
        part(client)
        print("%s: ok" % part.__name__, flush=True)
    users(client, host, port)
    print("users: ok", flush=True)


main()
