import { PermissionType } from "../../proto/generated/etcd.ts";
import type { User } from "../../proto/generated/kv.ts";
import type { KeyRange } from "../keys/key-range.ts";
import { keyRange } from "../keys/key-range.ts";
import type { AuthTable } from "./auth-table.ts";
import { hasRootRole } from "./auth-table.ts";
import { unionOf } from "./range-permissions.ts";

/** The union of the permissions of all roles of a user, as unionOf makes it. */
export interface UnifiedPermissions {
  /** Whether the user has role root, which may do everything. */
  readonly root: boolean;
  readonly read: readonly KeyRange[];
  readonly write: readonly KeyRange[];
}

/** Bound of the cache in bytes, and the bytes reckoned for a range beside its keys. */
const MAX_BYTES = 4_000_000;
const RANGE_BYTES = 128;
const USER_BYTES = 256;

/** Permissions of users, merged once for each auth revision (etcd: range_perm_cache). */
export class PermissionCache {
  readonly #table: AuthTable;
  readonly #byUser = new Map<string, UnifiedPermissions>();
  #bytes = 0;

  constructor(table: AuthTable) {
    this.#table = table;
  }

  of(user: User): UnifiedPermissions {
    const found = this.#byUser.get(user.name);
    if (found) return found;
    const unified = this.#unify(user);
    const bytes = USER_BYTES + user.name.length + weight(unified.read) + weight(unified.write);
    if (this.#bytes + bytes > MAX_BYTES) this.clear();
    this.#byUser.set(user.name, unified);
    this.#bytes += bytes;
    return unified;
  }

  clear(): void {
    this.#byUser.clear();
    this.#bytes = 0;
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
    return { root: hasRootRole(user), read: unionOf(read), write: unionOf(write) };
  }
}

function weight(ranges: readonly KeyRange[]): number {
  return ranges.reduce((sum, { begin, end }) => sum + begin.length + end.length + RANGE_BYTES, 0);
}
