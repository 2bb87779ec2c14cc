import { errors, KvError } from "../../etcd/errors.ts";
import {
  AuthDisableResponse,
  AuthEnableResponse,
  AuthenticateResponse,
  AuthRoleAddResponse,
  AuthRoleDeleteResponse,
  AuthRoleGetResponse,
  AuthRoleGrantPermissionResponse,
  AuthRoleListResponse,
  AuthRoleRevokePermissionResponse,
  AuthStatusResponse,
  AuthUserAddResponse,
  AuthUserChangePasswordResponse,
  AuthUserDeleteResponse,
  AuthUserGetResponse,
  AuthUserGrantRoleResponse,
  AuthUserListResponse,
  AuthUserRevokeRoleResponse,
} from "../../proto/generated/etcd.ts";
import type { Query, Request, Response, User } from "../../proto/generated/kv.ts";
import { PasswordResponse } from "../../proto/generated/kv.ts";
import type { RecordSink, Table } from "../fingerprint/table.ts";
import type { KeyRange } from "../keys/key-range.ts";
import { keyRange } from "../keys/key-range.ts";
import { AuthStore } from "./auth-store.ts";
import { AuthTable, hasRootRole } from "./auth-table.ts";
import { PermissionCache, type UnifiedPermissions } from "./permission-cache.ts";
import { covers } from "./range-permissions.ts";
import { TokenTable } from "./token-table.ts";

/** The user behind a request, and the auth revision at which the token was checked. */
export interface Caller {
  /** "" where no token was sent. */
  readonly user: string;
  readonly authRevision: number;
}

/** The caller without a user: no token was sent, or auth is off. */
export const anonymous: Caller = { user: "", authRevision: 0 };

/**
 * Replicated users and roles, this member's tokens, and the permission checks. The checks run where
 * entries are applied, so that they hold on every member.
 */
export class Authority implements Table {
  readonly name = "auth";
  readonly #table: AuthTable;
  readonly #store: AuthStore;
  readonly #permissions: PermissionCache;
  readonly #tokens: TokenTable;

  constructor(sink: RecordSink, tokens = new TokenTable()) {
    this.#table = new AuthTable(sink);
    this.#tokens = tokens;
    this.#store = new AuthStore(this.#table, tokens);
    this.#permissions = new PermissionCache(this.#table);
  }

  get enabled(): boolean {
    return this.#table.enabled;
  }

  get revision(): number {
    return this.#table.revision;
  }

  /**
   * The user of a token; none where none came or auth is off. Using it lets it live on. Throws
   * KvError (invalid auth token). One whose `tokenIndex` is above the applied index is not known
   * yet: wait until it is applied.
   */
  callerOf(token: string, nowMs: number): Caller {
    if (!this.enabled || token === "") return anonymous;
    const user = this.#tokens.use(token, nowMs);
    if (user === undefined) throw new KvError(errors.invalidAuthToken);
    return { user, authRevision: this.revision };
  }

  /** Forgets tokens that have expired; to be called about every second. */
  sweepTokens(nowMs: number): void {
    this.#tokens.sweep(nowMs);
  }

  /** Forgets all tokens. Called after the log is replayed, which must not revive expired ones. */
  dropTokens(): void {
    this.#tokens.clear();
  }

  // Each throws KvError where the caller may not. All pass while auth is off.

  checkRange(caller: Caller, key: Uint8Array, rangeEnd: Uint8Array): void {
    if (this.enabled) this.#check(caller, keyRange(key, rangeEnd), "read");
  }

  checkWrite(caller: Caller, key: Uint8Array, rangeEnd: Uint8Array): void {
    if (this.enabled) this.#check(caller, keyRange(key, rangeEnd), "write");
  }

  checkReadKeys(caller: Caller, keys: Iterable<string>): void {
    if (this.enabled) this.#checkKeys(caller, keys, "read");
  }

  checkWriteKeys(caller: Caller, keys: Iterable<string>): void {
    if (this.enabled) this.#checkKeys(caller, keys, "write");
  }

  /** Throws unless the caller is a valid user. */
  checkUser(caller: Caller): void {
    if (this.enabled) this.#current(caller);
  }

  checkAdmin(caller: Caller): void {
    if (!this.enabled) return;
    if (caller.user === "") throw new KvError(errors.userEmpty);
    const user = this.#table.user(caller.user);
    if (!user || !hasRootRole(user)) throw new KvError(errors.permissionDenied);
  }

  /** Estimated memory of users, roles and permissions in bytes: the same on every member. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /**
   * Applies the request if its body is one of auth's (authenticate, auth_*), permissions checked;
   * undefined if it is not. Headers are filled in by the applier. `index` is the entry's: a
   * token ends with it. `maxBytes` is what the table may grow to.
   */
  apply(
    request: Request,
    caller: Caller,
    index: number,
    maxBytes: number,
  ): Partial<Response> | undefined {
    if (request.authenticate) {
      const token = this.#store.authenticate(request.authenticate, index);
      return { authenticate: AuthenticateResponse.create({ token }) };
    }
    const change = this.#userChange(request) ?? this.#roleChange(request);
    if (!change) return undefined;
    this.checkAdmin(caller);
    this.#store.maxBytes = maxBytes;
    const response = change();
    this.#permissions.clear();
    return response;
  }

  /** As `apply`, for reads (auth_status, auth_user_*, auth_role_*, password). */
  query(query: Query, caller: Caller): Partial<Response> | undefined {
    if (query.authStatus) {
      const status = { enabled: this.enabled, authRevision: this.revision };
      return { authStatus: AuthStatusResponse.create(status) };
    }
    if (query.password) {
      const hashedPassword = this.#store.passwordOf(query.password.name);
      const { revision: authRevision } = this;
      return { password: PasswordResponse.create({ hashedPassword, authRevision }) };
    }
    if (query.authUserGet) {
      const { name } = query.authUserGet;
      if (name !== caller.user) this.checkAdmin(caller);
      return { authUserGet: AuthUserGetResponse.create({ roles: this.#store.rolesOf(name) }) };
    }
    if (query.authRoleGet) {
      const { role } = query.authRoleGet;
      if (!this.#table.user(caller.user)?.roles.includes(role)) this.checkAdmin(caller);
      const perm = this.#store.permissionsOf(role);
      return { authRoleGet: AuthRoleGetResponse.create({ perm }) };
    }
    return this.#list(query, caller);
  }

  encode(): Uint8Array {
    return this.#table.encode();
  }

  /** Forgets all tokens: how their users changed meanwhile is not known. */
  decode(data: Uint8Array): void {
    this.#table.decode(data);
    this.#permissions.clear();
    this.#tokens.clear();
  }

  records(): Iterable<Uint8Array> {
    return this.#table.records();
  }

  #list(query: Query, caller: Caller): Partial<Response> | undefined {
    if (query.authUserList) {
      this.checkAdmin(caller);
      const users = this.#table.users().map(({ name }) => name);
      return { authUserList: AuthUserListResponse.create({ users }) };
    }
    if (query.authRoleList) {
      this.checkAdmin(caller);
      const roles = this.#table.roles().map(({ name }) => name);
      return { authRoleList: AuthRoleListResponse.create({ roles }) };
    }
    return undefined;
  }

  #userChange(request: Request): (() => Partial<Response>) | undefined {
    const { authUserAdd, authUserDelete, authUserChangePassword } = request;
    const { authUserGrantRole, authUserRevokeRole } = request;
    if (authUserAdd) {
      return () => {
        this.#store.addUser(authUserAdd);
        return { authUserAdd: AuthUserAddResponse.create() };
      };
    }
    if (authUserDelete) {
      return () => {
        this.#store.deleteUser(authUserDelete.name);
        return { authUserDelete: AuthUserDeleteResponse.create() };
      };
    }
    if (authUserChangePassword) {
      return () => {
        this.#store.changePassword(authUserChangePassword);
        return { authUserChangePassword: AuthUserChangePasswordResponse.create() };
      };
    }
    if (authUserGrantRole) {
      return () => {
        this.#store.grantRole(authUserGrantRole);
        return { authUserGrantRole: AuthUserGrantRoleResponse.create() };
      };
    }
    if (authUserRevokeRole) {
      return () => {
        this.#store.revokeRole(authUserRevokeRole);
        return { authUserRevokeRole: AuthUserRevokeRoleResponse.create() };
      };
    }
    return undefined;
  }

  #roleChange(request: Request): (() => Partial<Response>) | undefined {
    const { authRoleAdd, authRoleDelete, authRoleGrantPermission } = request;
    const { authRoleRevokePermission } = request;
    if (authRoleAdd) {
      return () => {
        this.#store.addRole(authRoleAdd.name);
        return { authRoleAdd: AuthRoleAddResponse.create() };
      };
    }
    if (authRoleDelete) {
      return () => {
        this.#store.deleteRole(authRoleDelete.role);
        return { authRoleDelete: AuthRoleDeleteResponse.create() };
      };
    }
    if (authRoleGrantPermission) {
      return () => {
        this.#store.grantPermission(authRoleGrantPermission);
        return { authRoleGrantPermission: AuthRoleGrantPermissionResponse.create() };
      };
    }
    if (authRoleRevokePermission) {
      return () => {
        this.#store.revokePermission(authRoleRevokePermission);
        return { authRoleRevokePermission: AuthRoleRevokePermissionResponse.create() };
      };
    }
    return this.#switch(request);
  }

  #switch(request: Request): (() => Partial<Response>) | undefined {
    if (request.authEnable) {
      return () => {
        this.#store.enable();
        return { authEnable: AuthEnableResponse.create() };
      };
    }
    if (request.authDisable) {
      return () => {
        this.#store.disable();
        return { authDisable: AuthDisableResponse.create() };
      };
    }
    return undefined;
  }

  #check(caller: Caller, range: KeyRange, type: "read" | "write"): void {
    const permissions = this.#permissions.of(this.#current(caller));
    if (permissions.root || covers(permissions[type], range)) return;
    throw new KvError(errors.permissionDenied);
  }

  #checkKeys(caller: Caller, keys: Iterable<string>, type: "read" | "write"): void {
    let permissions: UnifiedPermissions | undefined;
    for (const begin of keys) {
      // Looks up the user once, and only where something is asked.
      permissions ??= this.#permissions.of(this.#current(caller));
      if (permissions.root) return;
      if (covers(permissions[type], { begin, end: `${begin}\0` })) continue;
      throw new KvError(errors.permissionDenied);
    }
  }

  /** The caller's user. Throws where auth changed since the token was checked. */
  #current({ user: name, authRevision }: Caller): User {
    if (authRevision === 0) throw new KvError(errors.userEmpty);
    if (authRevision < this.revision) throw new KvError(errors.authOldRevision);
    const user = this.#table.user(name);
    if (!user) throw new KvError(errors.permissionDenied);
    return user;
  }
}
