import type { Role, User } from "../../proto/generated/kv.ts";
import {
  AuthTable as AuthTableMessage,
  Role as RoleMessage,
  User as UserMessage,
} from "../../proto/generated/kv.ts";
import { byteString } from "../key-range.ts";
import type { RecordSink } from "../tables.ts";

const FIRST_REVISION = 1;

/** What a record is of: the first byte of each. */
const RecordTag = { state: 0, user: 1, role: 2 } as const;

/**
 * Users, roles, whether they matter, and how often that changed: the replicated part of auth,
 * without a rule (etcd: server/storage/schema/auth.go).
 */
export class AuthTable {
  readonly #sink: RecordSink;
  #users = new Map<string, User>();
  #roles = new Map<string, Role>();
  #enabled = false;
  #revision = FIRST_REVISION;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get revision(): number {
    return this.#revision;
  }

  user(name: string): User | undefined {
    return this.#users.get(name);
  }

  role(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  /** By name, in the order of its UTF-8. */
  users(): readonly User[] {
    return [...this.#users.values()].sort(byName);
  }

  /** By name, in the order of its UTF-8. */
  roles(): readonly Role[] {
    return [...this.#roles.values()].sort(byName);
  }

  putUser(user: User): void {
    this.deleteUser(user.name);
    this.#users.set(user.name, user);
    this.#sink.add(userRecord(user));
  }

  deleteUser(name: string): void {
    const user = this.#users.get(name);
    if (!user) return;
    this.#users.delete(name);
    this.#sink.remove(userRecord(user));
  }

  putRole(role: Role): void {
    this.deleteRole(role.name);
    this.#roles.set(role.name, role);
    this.#sink.add(roleRecord(role));
  }

  deleteRole(name: string): void {
    const role = this.#roles.get(name);
    if (!role) return;
    this.#roles.delete(name);
    this.#sink.remove(roleRecord(role));
  }

  setState(enabled: boolean, revision: number): void {
    for (const record of this.#stateRecords()) this.#sink.remove(record);
    this.#enabled = enabled;
    this.#revision = revision;
    for (const record of this.#stateRecords()) this.#sink.add(record);
  }

  encode(): Uint8Array {
    return AuthTableMessage.encode({
      enabled: this.#enabled,
      revision: this.#revision,
      users: this.users(),
      roles: this.roles(),
    });
  }

  decode(data: Uint8Array): void {
    // A copy: what is decoded are views, which would keep the whole manifest in memory.
    const { enabled, revision, users, roles } = AuthTableMessage.decode(data.slice());
    this.#enabled = enabled;
    this.#revision = Math.max(revision, FIRST_REVISION);
    this.#users = new Map(users.map((user) => [user.name, user]));
    this.#roles = new Map(roles.map((role) => [role.name, role]));
  }

  *records(): Iterable<Uint8Array> {
    yield* this.#stateRecords();
    for (const user of this.#users.values()) yield userRecord(user);
    for (const role of this.#roles.values()) yield roleRecord(role);
  }

  /** None while nothing was ever changed, so that an empty table has no record. */
  *#stateRecords(): Iterable<Uint8Array> {
    if (!this.#enabled && this.#revision === FIRST_REVISION) return;
    const state = AuthTableMessage.create({ enabled: this.#enabled, revision: this.#revision });
    yield tagged(RecordTag.state, AuthTableMessage.encode(state));
  }
}

function userRecord(user: User): Uint8Array {
  return tagged(RecordTag.user, UserMessage.encode(user));
}

function roleRecord(role: Role): Uint8Array {
  return tagged(RecordTag.role, RoleMessage.encode(role));
}

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(1 + bytes.length);
  record[0] = tag;
  record.set(bytes, 1);
  return record;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compareNames(a.name, b.name);
}

/** Compares the UTF-8 of two names. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [utf8(a), utf8(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

const encoder = new TextEncoder();

function utf8(text: string): string {
  return byteString(encoder.encode(text));
}
