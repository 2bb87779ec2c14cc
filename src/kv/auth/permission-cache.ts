import { PermissionType } from "../../proto/generated/etcd.ts";
import type { User } from "../../proto/generated/kv.ts";
import type { KeyRange } from "../key-range.ts";
import { keyRange } from "../key-range.ts";
import type { AuthTable } from "./auth-table.ts";
import { unionOf } from "./range-permissions.ts";

/** What all roles of a user together allow, as unionOf makes it. */
export interface UnifiedPermissions {
  readonly read: readonly KeyRange[];
  readonly write: readonly KeyRange[];
}

const MAX_USERS = 1000;

/** The permissions of users, put together once for each auth revision (etcd: range_perm_cache). */
export class PermissionCache {
  readonly #table: AuthTable;
  readonly #byUser = new Map<string, UnifiedPermissions>();

  constructor(table: AuthTable) {
    this.#table = table;
  }

  of(user: User): UnifiedPermissions {
    const found = this.#byUser.get(user.name);
    if (found) return found;
    if (this.#byUser.size >= MAX_USERS) this.#byUser.clear();
    const unified = this.#unify(user);
    this.#byUser.set(user.name, unified);
    return unified;
  }

  clear(): void {
    this.#byUser.clear();
  }

  #unify(user: User): UnifiedPermissions {
    const read: KeyRange[] = [];
    const write: KeyRange[] = [];
    for (const name of user.roles) {
      for (const { permType, key, rangeEnd } of this.#table.role(name)?.permissions ?? []) {
        const range = keyRange(key, rangeEnd);
        const both = permType === PermissionType.READWRITE;
        if (both || permType === PermissionType.READ) read.push(range);
        if (both || permType === PermissionType.WRITE) write.push(range);
      }
    }
    return { read: unionOf(read), write: unionOf(write) };
  }
}
