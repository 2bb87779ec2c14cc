import { AlarmType } from "../../proto/generated/etcd.ts";
import {
  AlarmTable,
  AuthTable,
  LeaseTable,
  type Manifest,
  MemberTable,
} from "../../proto/generated/kv.ts";
import { ROOT_ROLE } from "../auth/auth-table.ts";
import { parsePasswordRecord } from "../auth/password-record.ts";
import {
  costOfRevocation,
  leasedKeyOverheadBytes,
  maxLeaseTtlSeconds,
} from "../lease/lease-table.ts";
import { ManifestError } from "../state/manifest.ts";
import { defaultLimits, maxRestoredRevision } from "../work/limits.ts";
import { smallTablesOf } from "./adopt.ts";
import { TransferError } from "./errors.ts";

/**
 * How many times a limit a state may hold that is restored: one of before there was the limit may
 * have more than it, and what is much more no member can hold.
 */
export const restoredLeeway = 2;

/** Elements of all lists in one table: no state within the limits comes near. */
export const maxTableElements = 500_000;

const noBytes = new Uint8Array(0);

/**
 * Holds the small tables of a backup against what requests make of them. Gives its leases, to which
 * keys are to be attached as they come. Throws ManifestError and DecodeError.
 */
export function checkTables(manifest: Manifest): LeaseLoads {
  const data = new Map(manifest.tables.map((table) => [table.name, table.data]));
  const of = (name: string) => data.get(name) ?? noBytes;
  // These first: they are small enough to be decoded at will then.
  const leases = checkLeases(LeaseTable.decodeBounded(of("leases"), maxTableElements));
  checkAuth(AuthTable.decodeBounded(of("auth"), maxTableElements));
  checkAlarms(AlarmTable.decodeBounded(of("alarms"), maxTableElements));
  MemberTable.decodeBounded(of("members"), maxTableElements);
  const { tables } = smallTablesOf(manifest);
  for (const table of tables.all) {
    const known = table.encode().length;
    const there = data.get(table.name)?.length ?? known;
    if (there !== known) {
      throw new ManifestError(`its table ${table.name} has ${there} bytes, ${known} are of use`);
    }
  }
  const { maxAuthBytes } = defaultLimits;
  if (tables.auth.bytes > restoredLeeway * maxAuthBytes)
    throw new ManifestError("it has too many users");
  return leases;
}

function checkLeases({ leases }: LeaseTable): LeaseLoads {
  if (leases.length > restoredLeeway * defaultLimits.maxLeases) {
    throw new ManifestError(`it has ${leases.length} leases`);
  }
  for (const { ID, TTL } of leases) {
    if (ID === 0n || TTL < 1 || TTL > maxLeaseTtlSeconds) {
      throw new ManifestError(`lease ${ID} of ${TTL} seconds`);
    }
  }
  return new LeaseLoads(leases.map(({ ID }) => ID));
}

function checkAuth({ enabled, revision, users }: AuthTable): void {
  if (revision < 0 || revision > maxRestoredRevision) {
    throw new ManifestError(`auth revision ${revision}`);
  }
  const root = users.find(({ name }) => name === "root");
  if (enabled && !root?.roles.includes(ROOT_ROLE)) {
    throw new ManifestError("auth is enabled, and there is no root");
  }
  for (const { name, password, noPassword } of users) {
    const isRecord = noPassword ? password === "" : parsePasswordRecord(password) !== undefined;
    if (name === "" || !isRecord) throw new ManifestError(`the password of user ${name}`);
  }
}

function checkAlarms({ alarms }: AlarmTable): void {
  if (alarms.length > restoredLeeway * defaultLimits.maxAlarms) {
    throw new ManifestError(`it has ${alarms.length} alarms`);
  }
  const raised = new Set<string>();
  for (const { memberID, alarm } of alarms) {
    const isKnown = alarm === AlarmType.NOSPACE || alarm === AlarmType.CORRUPT;
    if (!isKnown || raised.size === raised.add(`${memberID} ${alarm}`).size) {
      throw new ManifestError(`alarm ${alarm} of member ${memberID}`);
    }
  }
}

/** What hangs on each lease: all of it goes in one entry, which no one can refuse. */
export class LeaseLoads {
  readonly #loads: Map<bigint, { keys: number; keyBytes: number; work: number }>;
  #indexBytes = 0;

  constructor(ids: readonly bigint[]) {
    this.#loads = new Map(ids.map((id) => [id, { keys: 0, keyBytes: 0, work: 0 }]));
  }

  /** Throws TransferError. */
  attach(id: bigint, key: string, valueBytes: number): void {
    const load = this.#loads.get(id);
    if (load === undefined) throw new TransferError(`a key on lease ${id}, which is not there`);
    load.keys += 1;
    load.keyBytes += key.length;
    load.work += costOfRevocation(key.length, valueBytes);
    this.#indexBytes += key.length + leasedKeyOverheadBytes;
    const { maxLeaseKeys, maxDeletedKeyBytes, maxWork, maxLeasedBytes } = defaultLimits;
    const isTooMuch =
      load.keys > maxLeaseKeys ||
      load.keyBytes > restoredLeeway * maxDeletedKeyBytes ||
      load.work > restoredLeeway * maxWork ||
      this.#indexBytes > restoredLeeway * maxLeasedBytes;
    if (isTooMuch) throw new TransferError(`too many keys on lease ${id}`);
  }
}
