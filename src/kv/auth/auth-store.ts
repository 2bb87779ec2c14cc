import { errors, KvError } from "../../etcd/errors.ts";
import { compareBytes } from "../../proto/bytes.ts";
import type {
  AuthRoleGrantPermissionRequest,
  AuthRoleRevokePermissionRequest,
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
  AuthUserGrantRoleRequest,
  AuthUserRevokeRoleRequest,
  Permission,
} from "../../proto/generated/etcd.ts";
import { PermissionType } from "../../proto/generated/etcd.ts";
import type { InternalAuthenticateRequest, Role, User } from "../../proto/generated/kv.ts";
import { Role as RoleMessage, User as UserMessage } from "../../proto/generated/kv.ts";
import { keyRange } from "../keys/key-range.ts";
import type { AuthTable } from "./auth-table.ts";
import { compareNames, hasRootRole, ROOT_ROLE } from "./auth-table.ts";
import { parsePasswordRecord } from "./password-record.ts";
import type { TokenTable } from "./token-table.ts";
import { simpleToken } from "./token-table.ts";

const ROOT_USER = "root";

/** What role root may do, as etcd shows it. */
const ROOT_PERMISSION: Permission = {
  permType: PermissionType.READWRITE,
  key: new Uint8Array(0),
  rangeEnd: new Uint8Array(1),
};

/**
 * The rules by which users and roles change (etcd: server/auth/store.go). A method that throws
 * KvError has changed nothing. Whether the caller may make the change is checked by Authority.
 */
export class AuthStore {
  readonly #table: AuthTable;
  readonly #tokens: TokenTable;
  /** Bound of the table in bytes. */
  maxBytes = Number.POSITIVE_INFINITY;

  constructor(table: AuthTable, tokens: TokenTable) {
    this.#table = table;
    this.#tokens = tokens;
  }

  enable(): void {
    if (this.#table.enabled) return;
    const root = this.#table.user(ROOT_USER);
    if (!root) throw new KvError(errors.rootUserNotExist);
    if (!hasRootRole(root)) throw new KvError(errors.rootRoleNotExist);
    this.#table.setState(true, this.#table.revision);
  }

  disable(): void {
    if (!this.#table.enabled) return;
    this.#table.setState(false, this.#table.revision + 1);
    this.#tokens.clear();
  }

  /**
   * The password record of a user. Throws: auth not enabled, no such user, a user without a
   * password.
   */
  passwordOf(name: string): string {
    if (!this.#table.enabled) throw new KvError(errors.authNotEnabled);
    const user = this.#table.user(name);
    if (!user) throw new KvError(errors.authFailed);
    if (user.noPassword) throw new KvError(errors.noPasswordUser);
    return user.password;
  }

  /**
   * Issues a token for a user whose password was checked at the auth revision that the request
   * names. Throws as passwordOf does, and "revision of auth store is old" where auth changed since.
   */
  authenticate(request: InternalAuthenticateRequest, index: number): string {
    this.passwordOf(request.name);
    if (request.authRevision !== this.#table.revision) throw new KvError(errors.authOldRevision);
    const token = simpleToken(request.simpleToken, index);
    // Uses the table's string, so that ten thousand tokens share one copy of the name.
    this.#tokens.issue(token, this.#user(request.name).name);
    return token;
  }

  addUser(request: AuthUserAddRequest): void {
    const { name } = request;
    if (name === "") throw new KvError(errors.userEmpty);
    if (this.#table.user(name)) throw new KvError(errors.userAlreadyExist);
    const noPassword = request.options?.noPassword ?? false;
    const password = noPassword ? "" : passwordRecord(request.hashedPassword);
    this.#putUser(UserMessage.create({ name, password, noPassword }));
    this.#changed();
  }

  deleteUser(name: string): void {
    if (this.#table.enabled && name === ROOT_USER) throw new KvError(errors.invalidAuthManagement);
    this.#user(name);
    this.#table.deleteUser(name);
    this.#tokens.forgetUser(name);
    this.#changed();
  }

  /** A user created without a password stays without one. */
  changePassword(request: AuthUserChangePasswordRequest): void {
    const user = this.#user(request.name);
    const password = user.noPassword ? "" : passwordRecord(request.hashedPassword);
    this.#putUser({ ...user, password });
    this.#tokens.forgetUser(user.name);
    this.#changed();
  }

  /** Granting a role twice changes nothing. Role root need not exist. */
  grantRole(request: AuthUserGrantRoleRequest): void {
    const user = this.#user(request.user);
    if (request.role !== ROOT_ROLE) this.#role(request.role);
    if (user.roles.includes(request.role)) return;
    const roles = inserted(user.roles, request.role, compareNames);
    this.#putUser({ ...user, roles });
    this.#changed();
  }

  revokeRole({ name, role }: AuthUserRevokeRoleRequest): void {
    if (this.#table.enabled && name === ROOT_USER && role === ROOT_ROLE) {
      throw new KvError(errors.invalidAuthManagement);
    }
    const user = this.#user(name);
    if (!user.roles.includes(role)) throw new KvError(errors.roleNotGranted);
    this.#table.putUser(without(user, role));
    this.#changed();
  }

  addRole(name: string): void {
    if (name === "") throw new KvError(errors.roleEmpty);
    if (this.#table.role(name)) throw new KvError(errors.roleAlreadyExist);
    this.#putRole(RoleMessage.create({ name }));
    this.#changed();
  }

  /** Deletes the role and takes it from all users. */
  deleteRole(name: string): void {
    if (this.#table.enabled && name === ROOT_ROLE) throw new KvError(errors.invalidAuthManagement);
    this.#role(name);
    this.#table.deleteRole(name);
    for (const user of this.#table.usersWith(name)) this.#table.putUser(without(user, name));
    this.#changed();
  }

  /** A range that is granted again gets the new type; an equal permission changes nothing. */
  grantPermission({ name, perm }: AuthRoleGrantPermissionRequest): void {
    if (!perm) throw new KvError(errors.permissionNotGiven);
    if (!isValidRange(perm)) throw new KvError(errors.invalidAuthManagement);
    const role = this.#role(name);
    const same = role.permissions.find((each) => samePlace(each, perm));
    if (same?.permType === perm.permType) return;
    const others = role.permissions.filter((each) => each !== same);
    const kept = { ...perm, key: perm.key.slice(), rangeEnd: perm.rangeEnd.slice() };
    this.#putRole({ ...role, permissions: inserted(others, kept, byPlace) });
    this.#changed();
  }

  revokePermission(request: AuthRoleRevokePermissionRequest): void {
    const role = this.#role(request.role);
    const permissions = role.permissions.filter((each) => !samePlace(each, request));
    if (permissions.length === role.permissions.length) {
      throw new KvError(errors.permissionNotGranted);
    }
    this.#table.putRole({ ...role, permissions });
    this.#changed();
  }

  rolesOf(name: string): readonly string[] {
    return this.#user(name).roles;
  }

  permissionsOf(name: string): readonly Permission[] {
    const { permissions } = this.#role(name);
    return name === ROOT_ROLE ? [ROOT_PERMISSION] : permissions;
  }

  /** Throws errors.tooMuchAuth where the table would outgrow its bound. */
  #putUser(user: User): void {
    this.#checkGrowth(this.#table.growthBy({ user }));
    this.#table.putUser(user);
  }

  #putRole(role: Role): void {
    this.#checkGrowth(this.#table.growthBy({ role }));
    this.#table.putRole(role);
  }

  #checkGrowth(bytes: number): void {
    if (bytes > 0 && this.#table.bytes + bytes > this.maxBytes) {
      throw new KvError(errors.tooMuchAuth);
    }
  }

  #changed(): void {
    this.#table.setState(this.#table.enabled, this.#table.revision + 1);
  }

  #user(name: string): User {
    const user = this.#table.user(name);
    if (!user) throw new KvError(errors.userNotFound);
    return user;
  }

  #role(name: string) {
    const role = this.#table.role(name);
    if (!role) throw new KvError(errors.roleNotFound);
    return role;
  }
}

function without(user: User, role: string): User {
  return { ...user, roles: user.roles.filter((each) => each !== role) };
}

function passwordRecord(text: string): string {
  if (!parsePasswordRecord(text)) throw new KvError(errors.badRequest);
  return text;
}

type Place = Pick<Permission, "key" | "rangeEnd">;

/** Keys are not empty, and a range holds at least one (etcd: isValidPermissionRange). */
function isValidRange({ key, rangeEnd }: Place): boolean {
  const { begin, end } = keyRange(key, rangeEnd);
  return key.length > 0 && begin < end;
}

function samePlace(a: Place, b: Place): boolean {
  return byPlace(a, b) === 0;
}

function byPlace(a: Place, b: Place): number {
  return compareBytes(a.key, b.key) || compareBytes(a.rangeEnd, b.rangeEnd);
}

/** A copy of a sorted list with one more item in its place. */
function inserted<T>(list: readonly T[], item: T, compare: (a: T, b: T) => number): T[] {
  const after = list.findIndex((each) => compare(each, item) > 0);
  return after < 0 ? [...list, item] : [...list.slice(0, after), item, ...list.slice(after)];
}
