import type { Role, User } from "../../proto/generated/kv.ts";
import {
  AuthTable as AuthTableMessage,
  Role as RoleMessage,
  User as UserMessage,
} from "../../proto/generated/kv.ts";
import type { RecordSink } from "../fingerprint/table.ts";

const FIRST_REVISION = 1;
export const ROOT_ROLE = "root";

/** Bytes reckoned for a user or a role beside its record, and for each item of its list. */
const ENTRY_BYTES = 256;
const ITEM_BYTES = 64;

/** The first byte of each record: its type. */
const RecordTag = { state: 0, user: 1, role: 2 } as const;

/**
 * The replicated part of auth, without rules: users, roles, whether auth is on, and its revision
 * (etcd: server/storage/schema/auth.go).
 */
export class AuthTable {
  readonly #sink: RecordSink;
  #users = new Map<string, User>();
  #roles = new Map<string, Role>();
  #enabled = false;
  #revision = FIRST_REVISION;
  #bytes = 0;

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

  /** Bytes of all users and roles in memory, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes by which the table would grow if this user or role replaced the one of its name. */
  growthBy({ user, role }: { readonly user?: User; readonly role?: Role }): number {
    const [old, oldRole] = [this.#users.get(user?.name ?? ""), this.#roles.get(role?.name ?? "")];
    const growth = user ? weightOfUser(user) - (old ? weightOfUser(old) : 0) : 0;
    if (role === undefined) return growth;
    return growth + weightOfRole(role) - (oldRole ? weightOfRole(oldRole) : 0);
  }

  /** The users who have a role, in no order. */
  usersWith(role: string): readonly User[] {
    return [...this.#users.values()].filter(({ roles }) => roles.includes(role));
  }

  /** All users by name, in UTF-8 order. */
  users(): readonly User[] {
    return [...this.#users.values()].sort(byName);
  }

  /** All roles by name, in UTF-8 order. */
  roles(): readonly Role[] {
    return [...this.#roles.values()].sort(byName);
  }

  putUser(user: User): void {
    this.deleteUser(user.name);
    this.#users.set(user.name, user);
    this.#bytes += weightOfUser(user);
    this.#sink.add(userRecord(user));
  }

  deleteUser(name: string): void {
    const user = this.#users.get(name);
    if (!user) return;
    this.#users.delete(name);
    this.#bytes -= weightOfUser(user);
    this.#sink.remove(userRecord(user));
  }

  putRole(role: Role): void {
    this.deleteRole(role.name);
    this.#roles.set(role.name, role);
    this.#bytes += weightOfRole(role);
    this.#sink.add(roleRecord(role));
  }

  deleteRole(name: string): void {
    const role = this.#roles.get(name);
    if (!role) return;
    this.#roles.delete(name);
    this.#bytes -= weightOfRole(role);
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
    // Decoded messages are views of the whole manifest; a copy lets it be freed.
    const { enabled, revision, users, roles } = AuthTableMessage.decode(data.slice());
    this.#enabled = enabled;
    this.#revision = Math.max(revision, FIRST_REVISION);
    this.#users = new Map(users.map((user) => [user.name, user]));
    this.#roles = new Map(roles.map((role) => [role.name, role]));
    const sum = (weights: readonly number[]) => weights.reduce((a, b) => a + b, 0);
    this.#bytes = sum(users.map(weightOfUser)) + sum(roles.map(weightOfRole));
  }

  *records(): Iterable<Uint8Array> {
    yield* this.#stateRecords();
    for (const user of this.#users.values()) yield userRecord(user);
    for (const role of this.#roles.values()) yield roleRecord(role);
  }

  /** No record while auth was never changed, so that an empty table has none. */
  *#stateRecords(): Iterable<Uint8Array> {
    if (!this.#enabled && this.#revision === FIRST_REVISION) return;
    const state = AuthTableMessage.create({ enabled: this.#enabled, revision: this.#revision });
    yield tagged(RecordTag.state, AuthTableMessage.encode(state));
  }
}

export function hasRootRole(user: User): boolean {
  return user.roles.includes(ROOT_ROLE);
}

function weightOfUser({ name, password, roles }: User): number {
  const bytes = roles.reduce((sum, role) => sum + role.length + ITEM_BYTES, 0);
  return ENTRY_BYTES + 2 * name.length + password.length + bytes;
}

function weightOfRole({ name, permissions }: Role): number {
  return permissions.reduce(
    (sum, { key, rangeEnd }) => sum + key.length + rangeEnd.length + 2 * ITEM_BYTES,
    ENTRY_BYTES + 2 * name.length,
  );
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
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return rankOf(left) - rankOf(right);
  }
  return a.length - b.length;
}

/** UTF-16 surrogates (D800 to DFFF) stand for what UTF-8 sorts after all other code units. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
