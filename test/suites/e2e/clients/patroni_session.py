"""Two nodes of Patroni with a server: what they do to elect a leader, to fail over and to stop."""
import os
import sys
import threading
import time

from patroni.dcs import get_dcs


def expect(what, wanted, given):
    if wanted is True or wanted is False:
        given = bool(given)
    if wanted != given:
        raise AssertionError("%s: wanted %r, got %r" % (what, wanted, given))


def soon(what, look):
    """Their view of the cluster is what a watch tells them."""
    deadline = time.time() + 20
    while not look():
        if time.time() > deadline:
            raise AssertionError("%s: never seen" % what)
        time.sleep(0.05)


def node(name, address, user):
    etcd = {"host": address, "protocol": "http", "use_proxies": True}
    if user:
        etcd.update(username=user, password="pw-of-%s" % user)
    return get_dcs({
        "scope": "batman", "namespace": "/service/", "name": name,
        "ttl": 30, "retry_timeout": 10, "loop_wait": 10, "etcd3": etcd,
    })


def leader_of(dcs):
    leader = dcs.get_cluster().leader
    return leader and leader.name


def begins(one, two):
    one.delete_cluster()
    expect("initialize", True, one.initialize(create_new=True, sysid="12345"))
    expect("initialize again", False, two.initialize(create_new=True, sysid="67890"))
    for dcs in (one, two):
        expect("touch_member", True, dcs.touch_member({"state": "running", "role": "replica"}))
    soon("members", lambda: len(two.get_cluster().members) == 2)
    expect("config", True, dcs.set_config_value('{"ttl":30}'))
    soon("config", lambda: one.get_cluster().config is not None)
    version = one.get_cluster().config.version
    expect("config of that version", True, one.set_config_value('{"ttl":31}', version))
    expect("config of an old version", False, two.set_config_value('{"ttl":32}', version))


def elects(one, two):
    expect("leader", True, one.attempt_to_acquire_leader())
    expect("second leader", False, two.attempt_to_acquire_leader())
    soon("leader", lambda: leader_of(two) == "one")
    known = one.get_cluster()
    expect("session", True, known.leader.session == one._lease)
    expect("update_leader", True, one.update_leader(one.get_cluster(), 42))
    soon("optime", lambda: two.get_cluster().status.last_lsn == 42)
    # A lease that is gone: the leader's key is written anew by a nested transaction.
    one._client.call_rpc("/lease/revoke", {"ID": one._lease})
    soon("end of the leader", lambda: leader_of(two) is None)
    one._lease = None
    expect("update without a key", True, one.update_leader(known, 43))
    soon("leader again", lambda: leader_of(two) == "one")


def hands_over(one, two):
    expect("failover", True, one.manual_failover("one", "two"))
    soon("failover", lambda: two.get_cluster().failover is not None)
    sync = one.write_sync_state("one", ["two"], 0)
    expect("sync state", "one", sync.leader)
    expect("sync state of an old version", None, two.write_sync_state("two", [], 0, version="1"))
    expect("delete_leader", True, one.delete_leader(one.get_cluster().leader))
    soon("no leader", lambda: leader_of(two) is None)
    expect("take over", True, two.attempt_to_acquire_leader())
    soon("new leader", lambda: leader_of(one) == "two")
    expect("history", True, two.set_history_value('[[1,2,"x"]]'))
    soon("history", lambda: one.get_cluster().history is not None)


def watches(one, two):
    """A node that waits is woken by what the other one writes."""
    one.watch(None, 0.1)
    threading.Timer(1, lambda: two.delete_leader(two.get_cluster().leader)).start()
    start = time.time()
    expect("woken", True, one.watch(one.get_cluster().leader.version, 20))
    expect("in time", True, time.time() - start < 15)


def ends(one, two):
    expect("cancel_initialization", True, one.cancel_initialization())
    expect("delete_cluster", True, one.delete_cluster())
    soon("nothing", lambda: two.get_cluster().is_empty())


def main():
    address = "%s:%s" % (sys.argv[1], sys.argv[2])
    user = sys.argv[3] if len(sys.argv) > 3 else None
    nodes = [node(name, address, user) for name in ("one", "two")]
    for part in (begins, elects, hands_over, watches, ends):
        part(*nodes)
        print("%s: ok" % part.__name__, flush=True)


if __name__ == "__main__":
    main()
    # Their watchers never end by themselves.
    sys.stdout.flush()
    os._exit(0)
