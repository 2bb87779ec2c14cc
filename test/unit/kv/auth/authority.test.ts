import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ErrorKind } from "../../../../src/etcd/errors.ts";
import { errors, KvError } from "../../../../src/etcd/errors.ts";
import { Authority, anonymous, type Caller } from "../../../../src/kv/auth/authority.ts";
import { PermissionType } from "../../../../src/proto/generated/etcd.ts";
import { Query, Request } from "../../../../src/proto/generated/kv.ts";
import { utf8 } from "../../../support/bytes.ts";
import { holds } from "../../../support/property.ts";
import { CountingSink, recordsOf } from "../sink.ts";
import { passwordRecord as record } from "../support.ts";

const none = new Uint8Array(0);

class AuthorityFixture {
  readonly sink = new CountingSink();
  readonly auth = new Authority(this.sink);
  caller: Caller = anonymous;
  #index = 0;

  apply(body: Partial<Request>) {
    this.#index += 1;
    const response = this.auth.apply(Request.create(body), this.caller, this.#index, 1e9);
    assert.deepEqual(recordsOf(this.auth), this.sink.present());
    return response;
  }

  query(body: Partial<Query>) {
    return this.auth.query(Query.create(body), this.caller);
  }

  refuses(kind: ErrorKind, action: () => unknown): void {
    const before = this.auth.encode();
    assert.throws(action, (error) => {
      assert.ok(error instanceof KvError, String(error));
      assert.equal(error.kind.text, kind.text);
      return true;
    });
    assert.deepEqual(this.auth.encode(), before);
  }

  addUser(name: string, noPassword = false) {
    const hashedPassword = record;
    const options = { noPassword };
    this.apply({ authUserAdd: { name, password: "", options, hashedPassword } });
  }

  addRole = (name: string) => this.apply({ authRoleAdd: { name } });
  grantRole = (user: string, role: string) => this.apply({ authUserGrantRole: { user, role } });
  revokeRole = (name: string, role: string) => this.apply({ authUserRevokeRole: { name, role } });
  deleteUser = (name: string) => this.apply({ authUserDelete: { name } });
  deleteRole = (role: string) => this.apply({ authRoleDelete: { role } });

  grant(name: string, permType: number, key: string, rangeEnd = "") {
    const perm = { permType, key: utf8(key), rangeEnd: utf8(rangeEnd) };
    this.apply({ authRoleGrantPermission: { name, perm } });
  }

  revoke(role: string, key: string, rangeEnd = "") {
    const range = { key: utf8(key), rangeEnd: utf8(rangeEnd) };
    this.apply({ authRoleRevokePermission: { role, ...range } });
  }

  /** root with its role, auth on, and asked as root from now on. */
  enable(): void {
    this.addUser("root");
    this.grantRole("root", "root");
    this.apply({ authEnable: {} });
    this.as("root");
  }

  as(user: string): void {
    this.caller = { user, authRevision: this.auth.revision };
  }

  token(name: string): string {
    const { revision: authRevision } = this.auth;
    const authenticate = { name, simpleToken: "abcdefghijklmnop", authRevision };
    return this.apply({ authenticate })?.authenticate?.token ?? "";
  }
}

test("auth is enabled once user root has role root, whether or not that role exists", () => {
  const world = new AuthorityFixture();
  world.refuses(errors.rootUserNotExist, () => world.apply({ authEnable: {} }));
  world.addUser("root");
  world.refuses(errors.rootRoleNotExist, () => world.apply({ authEnable: {} }));
  world.grantRole("root", "root");
  world.apply({ authEnable: {} });
  assert.ok(world.auth.enabled);
  world.as("root");
  world.apply({ authEnable: {} });
  world.apply({ authDisable: {} });
  assert.ok(!world.auth.enabled);
  world.apply({ authDisable: {} });
});

test("the revision counts every change that is one, from 1 on", () => {
  const world = new AuthorityFixture();
  const revisions = [world.auth.revision];
  const then = (action: () => void) => {
    action();
    world.as(world.caller.user);
    revisions.push(world.auth.revision);
  };
  then(() => world.addUser("root"));
  then(() => world.grantRole("root", "root"));
  then(() => world.grantRole("root", "root"));
  then(() => world.apply({ authEnable: {} }));
  world.as("root");
  then(() => world.addRole("r"));
  then(() => world.grant("r", PermissionType.READ, "k"));
  then(() => world.grant("r", PermissionType.READ, "k"));
  then(() => world.grant("r", PermissionType.WRITE, "k"));
  then(() => world.revoke("r", "k"));
  then(() => world.apply({ authDisable: {} }));
  then(() => world.apply({ authDisable: {} }));
  assert.deepEqual(revisions, [1, 2, 3, 3, 3, 4, 5, 5, 6, 7, 8, 8]);
  assert.deepEqual(world.query({ authStatus: {} })?.authStatus?.authRevision, 8);
});

test("names must be there, and be new", () => {
  const world = new AuthorityFixture();
  world.refuses(errors.userEmpty, () => world.addUser(""));
  world.refuses(errors.roleEmpty, () => world.addRole(""));
  world.addUser("u");
  world.addRole("r");
  world.refuses(errors.userAlreadyExist, () => world.addUser("u"));
  world.refuses(errors.roleAlreadyExist, () => world.addRole("r"));
  const weak = { name: "w", password: "pw", options: undefined, hashedPassword: "pw" };
  world.refuses(errors.badRequest, () => world.apply({ authUserAdd: weak }));
});

test("what is not there can be neither changed nor read", () => {
  const world = new AuthorityFixture();
  world.addUser("u");
  world.addRole("r");
  const change = { name: "x", password: "", hashedPassword: record };
  world.refuses(errors.userNotFound, () => world.deleteUser("x"));
  world.refuses(errors.userNotFound, () => world.apply({ authUserChangePassword: change }));
  world.refuses(errors.userNotFound, () => world.grantRole("x", "r"));
  world.refuses(errors.roleNotFound, () => world.grantRole("u", "x"));
  world.refuses(errors.userNotFound, () => world.revokeRole("x", "r"));
  world.refuses(errors.roleNotGranted, () => world.revokeRole("u", "r"));
  world.refuses(errors.roleNotFound, () => world.deleteRole("x"));
  world.refuses(errors.roleNotFound, () => world.grant("x", 0, "k"));
  world.refuses(errors.roleNotFound, () => world.revoke("x", "k"));
  world.refuses(errors.permissionNotGranted, () => world.revoke("r", "k"));
  world.refuses(errors.userNotFound, () => world.query({ authUserGet: { name: "x" } }));
  world.refuses(errors.roleNotFound, () => world.query({ authRoleGet: { role: "x" } }));
});

test("a permission needs a range that holds a key", () => {
  const world = new AuthorityFixture();
  world.addRole("r");
  const absent = { name: "r", perm: undefined };
  world.refuses(errors.permissionNotGiven, () => world.apply({ authRoleGrantPermission: absent }));
  world.refuses(errors.invalidAuthManagement, () => world.grant("r", 0, ""));
  world.refuses(errors.invalidAuthManagement, () => world.grant("r", 0, "b", "a"));
  world.refuses(errors.invalidAuthManagement, () => world.grant("r", 0, "b", "b"));
  world.grant("r", 2, "b", "\0");
  world.grant("r", 1, "b");
  world.grant("r", 0, "a");
  const perm = world.query({ authRoleGet: { role: "r" } })?.authRoleGet?.perm;
  assert.deepEqual(perm, [
    { permType: 0, key: utf8("a"), rangeEnd: none },
    { permType: 1, key: utf8("b"), rangeEnd: none },
    { permType: 2, key: utf8("b"), rangeEnd: utf8("\0") },
  ]);
});

test("while auth is on, root stays root", () => {
  const world = new AuthorityFixture();
  world.addRole("root");
  world.enable();
  world.refuses(errors.invalidAuthManagement, () => world.deleteUser("root"));
  world.refuses(errors.invalidAuthManagement, () => world.deleteRole("root"));
  world.refuses(errors.invalidAuthManagement, () => world.revokeRole("root", "root"));
  const perm = world.query({ authRoleGet: { role: "root" } })?.authRoleGet?.perm;
  assert.deepEqual(perm, [{ permType: 2, key: none, rangeEnd: utf8("\0") }]);
});

test("a deleted role is taken away from all who had it; lists are in the order of names", () => {
  const world = new AuthorityFixture();
  for (const name of ["z", "a", "é", "b", "\u{10000}", "\uffff"]) world.addUser(name);
  for (const role of ["r2", "r1"]) world.addRole(role);
  for (const role of ["r2", "r1"]) world.grantRole("a", role);
  const sorted = ["a", "b", "z", "é", "\uffff", "\u{10000}"];
  assert.deepEqual(world.query({ authUserList: {} })?.authUserList?.users, sorted);
  assert.deepEqual(world.query({ authRoleList: {} })?.authRoleList?.roles, ["r1", "r2"]);
  const roles = () => world.query({ authUserGet: { name: "a" } })?.authUserGet?.roles;
  assert.deepEqual(roles(), ["r1", "r2"]);
  world.deleteRole("r1");
  assert.deepEqual(roles(), ["r2"]);
});

test("only root manages; whoever is nobody is told that a name is missing", () => {
  const world = new AuthorityFixture();
  world.addUser("u");
  world.addRole("r");
  world.addRole("other");
  world.grantRole("u", "r");
  world.enable();
  world.caller = anonymous;
  const all: Partial<Request>[] = [
    { authEnable: {} },
    { authDisable: {} },
    { authUserAdd: { name: "n", password: "", options: undefined, hashedPassword: record } },
    { authUserDelete: { name: "u" } },
    { authUserChangePassword: { name: "u", password: "", hashedPassword: record } },
    { authUserGrantRole: { user: "u", role: "other" } },
    { authUserRevokeRole: { name: "u", role: "r" } },
    { authRoleAdd: { name: "n" } },
    { authRoleDelete: { role: "r" } },
    { authRoleGrantPermission: { name: "r", perm: undefined } },
    { authRoleRevokePermission: { role: "r", key: utf8("k"), rangeEnd: none } },
  ];
  const reads: Partial<Query>[] = [
    { authUserList: {} },
    { authRoleList: {} },
    { authUserGet: { name: "root" } },
    { authRoleGet: { role: "other" } },
  ];
  for (const body of all) world.refuses(errors.userEmpty, () => world.apply(body));
  for (const body of reads) world.refuses(errors.userEmpty, () => world.query(body));
  for (const user of ["u", "gone"]) {
    world.as(user);
    for (const body of all) world.refuses(errors.permissionDenied, () => world.apply(body));
    for (const body of reads) world.refuses(errors.permissionDenied, () => world.query(body));
  }
  world.as("u");
  assert.deepEqual(world.query({ authUserGet: { name: "u" } })?.authUserGet?.roles, ["r"]);
  assert.deepEqual(world.query({ authRoleGet: { role: "r" } })?.authRoleGet?.perm, []);
  assert.ok(world.query({ authStatus: {} })?.authStatus?.enabled);
});

test("keys are open to who may, by the union of all roles, and to root", () => {
  const world = new AuthorityFixture();
  world.addUser("u");
  for (const role of ["r1", "r2"]) {
    world.addRole(role);
    world.grantRole("u", role);
  }
  world.grant("r1", PermissionType.READ, "a", "b");
  world.grant("r2", PermissionType.READWRITE, "b", "c");
  world.enable();
  const range = (key: string, end = "") =>
    world.auth.checkRange(world.caller, utf8(key), utf8(end));
  const write = (key: string, end = "") =>
    world.auth.checkWrite(world.caller, utf8(key), utf8(end));
  world.as("u");
  range("a", "c");
  range("azz");
  write("b", "c");
  world.refuses(errors.permissionDenied, () => write("a"));
  world.refuses(errors.permissionDenied, () => write("a", "c"));
  world.refuses(errors.permissionDenied, () => range("a", "\0"));
  world.refuses(errors.permissionDenied, () => range("c"));
  world.as("root");
  range("\0", "\0");
  write("\0", "\0");
  world.caller = anonymous;
  world.refuses(errors.userEmpty, () => range("a"));
  world.refuses(errors.userEmpty, () => world.auth.checkUser(world.caller));
  world.as("gone");
  world.refuses(errors.permissionDenied, () => world.auth.checkUser(world.caller));
});

test("what was asked before auth changed is refused", () => {
  const world = new AuthorityFixture();
  world.enable();
  const old = world.caller;
  world.addRole("r");
  world.refuses(errors.authOldRevision, () => world.auth.checkRange(old, utf8("k"), none));
  world.refuses(errors.authOldRevision, () => world.auth.checkUser(old));
  world.auth.checkAdmin(old);
});

test("a permission that is taken away is gone at once", () => {
  const world = new AuthorityFixture();
  world.addUser("u");
  world.addRole("r");
  world.grantRole("u", "r");
  world.grant("r", PermissionType.READ, "k");
  world.enable();
  const check = (user: string) =>
    world.auth.checkRange({ user, authRevision: world.auth.revision }, utf8("k"), none);
  check("u");
  world.revoke("r", "k");
  world.refuses(errors.permissionDenied, () => check("u"));
});

test("with auth off everybody may do everything, and a token is nobody's", () => {
  const world = new AuthorityFixture();
  world.auth.checkRange(anonymous, utf8("k"), none);
  world.auth.checkWrite(anonymous, utf8("k"), utf8("\0"));
  world.auth.checkAdmin(anonymous);
  world.auth.checkUser(anonymous);
  assert.deepEqual(world.auth.callerOf("whatever.1", 0), anonymous);
  world.refuses(errors.authNotEnabled, () => world.token("root"));
  world.refuses(errors.authNotEnabled, () => world.query({ password: { name: "root" } }));
});

test("a token names its user until the password, the user or auth itself goes", () => {
  const world = new AuthorityFixture();
  world.addUser("u");
  world.addUser("nopw", true);
  world.enable();
  assert.equal(world.query({ password: { name: "u" } })?.password?.hashedPassword, record);
  world.refuses(errors.authFailed, () => world.query({ password: { name: "x" } }));
  world.refuses(errors.authFailed, () => world.token("x"));
  world.refuses(errors.noPasswordUser, () => world.token("nopw"));
  const token = world.token("u");
  assert.match(token, /^abcdefghijklmnop\.\d+$/);
  assert.deepEqual(world.auth.callerOf(token, 0), {
    user: "u",
    authRevision: world.auth.revision,
  });
  assert.deepEqual(world.auth.callerOf("", 0), anonymous);
  world.refuses(errors.invalidAuthToken, () => world.auth.callerOf(`${token}0`, 0));
  world.apply({ authUserChangePassword: { name: "u", password: "", hashedPassword: record } });
  world.refuses(errors.invalidAuthToken, () => world.auth.callerOf(token, 0));
  const second = world.token("u");
  world.deleteUser("u");
  world.refuses(errors.invalidAuthToken, () => world.auth.callerOf(second, 0));
  const third = world.token("root");
  world.apply({ authDisable: {} });
  world.apply({ authEnable: {} });
  world.refuses(errors.invalidAuthToken, () => world.auth.callerOf(third, 0));
});

test("a password that was checked before auth changed issues no token", () => {
  const world = new AuthorityFixture();
  world.enable();
  const { revision: authRevision } = world.auth;
  world.addRole("r");
  const authenticate = { name: "root", simpleToken: "abcdefghijklmnop", authRevision };
  world.refuses(errors.authOldRevision, () => world.apply({ authenticate }));
});

test("a user without a password keeps none", () => {
  const world = new AuthorityFixture();
  world.addUser("nopw", true);
  const change = { name: "nopw", password: "pw", hashedPassword: record };
  world.apply({ authUserChangePassword: change });
  world.enable();
  world.refuses(errors.noPasswordUser, () => world.query({ password: { name: "nopw" } }));
});

test("what is none of auth's is left to others", () => {
  const world = new AuthorityFixture();
  assert.equal(world.apply({ compaction: { revision: 1, physical: false } }), undefined);
  assert.equal(world.query({ hash: {} }), undefined);
});

const name = fc.constantFrom("root", "a", "b");
const change = fc.oneof(
  fc.tuple(fc.constant("addUser" as const), name, name),
  fc.tuple(fc.constant("deleteUser" as const), name, name),
  fc.tuple(fc.constant("addRole" as const), name, name),
  fc.tuple(fc.constant("deleteRole" as const), name, name),
  fc.tuple(fc.constant("grantRole" as const), name, name),
  fc.tuple(fc.constant("revokeRole" as const), name, name),
  fc.tuple(fc.constant("grant" as const), name, name),
  fc.tuple(fc.constant("revoke" as const), name, name),
);

test("any history leaves the records it reported, and a copy that is equal", (t) => {
  holds(
    t,
    fc.property(fc.array(change, { maxLength: 60, size: "max" }), (changes) => {
      const world = new AuthorityFixture();
      for (const [what, first, second] of changes) {
        try {
          if (what === "addUser") world.addUser(first, second === "a");
          else if (what === "grant") world.grant(first, PermissionType.READWRITE, second);
          else if (what === "grantRole" || what === "revokeRole" || what === "revoke") {
            world[what](first, second);
          } else world[what](first);
        } catch (error) {
          assert.ok(error instanceof KvError, String(error));
        }
      }
      const copy = new Authority(new CountingSink());
      copy.decode(world.auth.encode());
      assert.deepEqual(copy.encode(), world.auth.encode());
      assert.deepEqual(recordsOf(copy), world.sink.present());
      copy.decode(none);
      assert.deepEqual(recordsOf(copy), []);
    }),
  );
});
